"""A marble with momentum: at a pass, where it may be faster or slower than the flow, and in a valley, where it rings.

    x″ + β x′ + ∇V(x) = 0,    d/dt (V + ½|x′|²) = −β|x′|²

From a pass of curvature λ < 0 it escapes as e^{rt}, r = (−β + √(β² + 4|λ|)) / 2, the flow x′ = −∇V as e^{|λ|t}: momentum wins
where |λ| + β < 1, at gentle passes. In a valley of curvature λ it rings if β < 2√λ, and V alone rises again and again.
"""

from itertools import takewhile

import numpy as np

import geoflow as gf

BETA = 0.3


def rate(height: float, method: gf.HeavyBall | None) -> float:
    """Of ln y, from y = 1e-3 to 0.1, beside the pass of height · (eˣ cos y − x − 1), where λ = −height."""
    flow = gf.GradientFlow(gf.Potential(f"{height}*(exp(x)*cos(y) - x - 1)"), gf.Euclidean())
    marching = gf.steps(flow, [0.0, 1e-4], t_end=1e3, method=method, rtol=1e-5)
    way = np.array([(now.t, now.x[1]) for now in takewhile(lambda now: now.x[1] < 0.1, marching)])
    t, y = way[way[:, 1] > 1e-3].T
    return float(np.polyfit(t, np.log(y), 1)[0])


def ringing(beta: float) -> gf.Trajectory:
    valley = gf.GradientFlow(gf.Potential("(x**2 + 4*y**2)/2"), gf.Euclidean())
    return gf.evolve(valley, [1.0, 0.5], 15.0, method=gf.HeavyBall(beta), dt=0.05, t_eval=0.05 * np.arange(1, 300))


def main() -> float:
    worst = 0.0
    for height in (1.0, 0.1):
        flow, ball = rate(height, None), rate(height, gf.HeavyBall(BETA))
        expected = 0.5 * (np.sqrt(BETA**2 + 4.0 * height) - BETA)
        worst = max(worst, abs(ball / expected - 1.0))
        print(f"pass of λ = −{height:g}: rate {flow:.4f} without and {ball:.4f} with momentum (expected {expected:.4f})")
    run = ringing(BETA)
    heights = 0.5 * run.states**2 @ [1.0, 4.0]
    rises = np.diff(heights) > 0.0
    print(f"in a valley V rises in {np.sum(rises)} of {len(rises)} steps, V + ½|v|² by {run.largest_increase:g};")
    print(f"its balance closes to {np.max(np.abs(run.ledger.defect)):.1e} a step")
    return worst


if __name__ == "__main__":
    import matplotlib.pyplot as plt

    main()
    figure, axes = plt.subplots(figsize=(7, 4), layout="constrained")
    for beta in (0.3, 2.0, 4.0):
        run = ringing(beta)
        axes.plot(run.t_states, run.states[:, 0], label=f"β = {beta:g}")
    axes.set(xlabel="time t", ylabel="x", title="Let go in a valley of curvature λ = 1: critical damping is β = 2√λ")
    axes.legend()
    figure.savefig("heavy_ball.png", dpi=150)
    print("wrote heavy_ball.png")
