"""The methods by the names they have on the command line."""

from __future__ import annotations

from geoflow.errors import BadInput
from geoflow.protocols import Stepper
from geoflow.steppers.explicit_euler import ExplicitEuler
from geoflow.steppers.heavy_ball import HeavyBall
from geoflow.steppers.implicit_euler import ImplicitEuler
from geoflow.steppers.lagged import Lagged
from geoflow.steppers.rk32 import RK32
from geoflow.steppers.sdirk2 import SDIRK2
from geoflow.steppers.sdirk3 import SDIRK3
from geoflow.steppers.secant import Secant

METHODS: dict[str, Stepper] = {
    "sdirk2": SDIRK2(),
    "euler": ImplicitEuler(),
    "lagged": Lagged(),
    "sdirk3": SDIRK3(),
    "secant": Secant(),
    "explicit": ExplicitEuler(),
    "rk": RK32(),
}


def named(name: str, beta: float | None = None) -> Stepper:
    """A method; beta is the friction of the one that has one."""
    if name != "heavyball":
        if beta is not None:
            raise BadInput("--beta", beta, "friction is the heavy ball's: add --method heavyball, or leave it out")
        return METHODS[name]
    if beta is None:
        raise BadInput("--method", name, "a heavy ball needs its friction: add --beta B")
    return HeavyBall(beta)
