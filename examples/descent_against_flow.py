"""Gradient descent is explicit Euler: the same valley by steps of length η, and by the flow itself.

    V(x) = ½⟨x, A x⟩,    x_k = (I − ηA)^k x₀,    x(t) = e^{−At} x₀,    |x_k − x(kη)| = O(η)

Descent converges for η < 2/λ_max alone, best at η = 2/(λ_min + λ_max), by (κ − 1)/(κ + 1) a step; the flow has no such limit.
"""

import numpy as np

import geoflow as gf
from geoflow.points.descent import count, gradient_descent

LOW, HIGH = 1.0, 10.0


def main(t: float = 0.5, halvings: int = 6) -> float:
    flow = gf.GradientFlow(gf.Potential(f"{LOW}*x**2/2 + {HIGH}*y**2/2"), gf.Euclidean())
    start, values = np.array([1.0, 1.0]), np.array([LOW, HIGH])
    flowed = gf.evolve(flow, start, t, method=gf.Exponential(), dt=t).x
    assert np.max(np.abs(flowed - np.exp(-values * t) * start)) < 1e-15, "one step of the exponential method is the flow"

    print("      η   distance of descent from the flow at t = 0.5")
    steps, apart = 16 * 2 ** np.arange(halvings), []
    for k in steps:
        descent = gf.evolve(flow, start, t, method=gf.ExplicitEuler(), dt=t / k).x
        assert np.max(np.abs(descent - (1 - t / k * values) ** k * start)) < 1e-13
        apart.append(float(np.linalg.norm(descent - flowed)))
        print(f"{t / k:.5f}   {apart[-1]:.2e}")
    order = float(np.polyfit(np.log(t / steps), np.log(apart), 1)[0])
    print(f"fitted order {order:.3f}, as it should be 1")

    print("η λ_max   after 60 steps")
    for share in (1.9, 2.1):
        dt = share / HIGH
        run = gf.evolve(flow, start, 60 * dt, method=gf.ExplicitEuler(), dt=dt, on_rise="report")
        print(f"  {share}     |x| = {np.linalg.norm(run.x):.1e}, the energy rose by {run.largest_increase:.1e} at most")

    best = gradient_descent(LOW, HIGH)
    needed = count(flow, start, best.method, best.dt, rest=[0.0, 0.0], factor=1e-6).iterations
    print(f"best η = {best.dt:.4f}: {needed} steps to a millionth, as (κ − 1)/(κ + 1) = {best.factor:.4f} has it:", end=" ")
    print(f"{np.log(1e-6) / np.log(best.factor):.1f}")
    return abs(order - 1.0)


if __name__ == "__main__":
    main()
    valley = gf.Potential(f"{LOW}*x**2/2 + {HIGH}*y**2/2")
    flow, etas = gf.GradientFlow(valley, gf.Euclidean()), (0.03, 0.08, 0.19)
    smooth = gf.evolve(flow, [1.0, 1.0], 4.0, method=gf.Exponential(), dt=0.02, t_eval=np.linspace(0.0, 4.0, 201))
    euler = gf.ExplicitEuler()
    steps = {f"η = {eta}": np.array([s.x for s in gf.steps(flow, [1.0, 1.0], 4.0, method=euler, dt=eta)]) for eta in etas}
    ax = gf.viz.descent_against_flow(valley, (-0.3, 1.1, -1.1, 1.1), steps, smooth)
    gf.viz.save_picture("descent_against_flow.png", ax)
    print("wrote descent_against_flow.png")
