package io.zoetrope.diffusion;

/**
 * UniPC of order 2 (Zhao et al. 2023, the x̂_0 form with B(h) = e^{−h} − 1, "bh2"): a multistep predictor, and a
 * corrector that uses the next step's denoiser call, so that a step costs one call. Over a step from s to t with λ =
 * ln(α/σ), h = λ_t − λ_s and r = (λ_before − λ_s)/h, in terms of the estimates c_before, c at s, and c_t from the
 * predicted x_t,
 *
 * <pre>
 *   predicted  (σ_t/σ_s) x − α_t B (c + ρ D),                        D = (c_before − c)/r,  ρ = 1/2
 *   corrected  (σ_t/σ_s) x − α_t B (c + ρ_1 D + ρ_2 (c_t − c))
 *   with       ρ_1 + ρ_2 = b_1,  r ρ_1 + ρ_2 = b_2                   (without D: ρ_2 = 1/2)
 *              b_1 = φ_1/B,  φ_1 = B/(−h) − 1;   b_2 = 2 φ_2/B,  φ_2 = φ_1/(−h) − 1/2
 * </pre>
 *
 * Both begin at the same x, so the correction is a sum of estimates that is added to the predicted x: a row corrects
 * the step before it and predicts the next, from x and three estimates. The first step has no history and is first
 * order, as is one to the clean sample, where h is infinite.
 */
public record UniPc() implements Sampler {
    @Override
    public String name() {
        return "unipc";
    }

    @Override
    public Update update(Trajectory trajectory, int i) {
        Step next = Step.of(trajectory, i);
        double fromX = trajectory.sigma(i + 1) / trajectory.sigma(i);
        double history = next.gain * next.predictorWeight();
        if (i == 0) {
            return new Update(fromX, next.gain - history, history, 0);
        }
        Step last = Step.of(trajectory, i - 1);
        double now = fromX * last.gain * last.correctorWeight();
        double older = fromX * last.gain * last.historyCorrection();
        return new Update(fromX, next.gain - history + now, history - now - older, 0).withOlder(older);
    }

    /**
     * One step's numbers.
     *
     * @param h     its length in λ, infinite from pure noise and to the clean sample
     * @param r     where the estimate before it lies, in units of h; 0: there is none to use
     * @param gain  −α_t B
     */
    private record Step(double h, double r, double gain) {
        private static Step of(Trajectory trajectory, int i) {
            double h = trajectory.lambda(i + 1) - trajectory.lambda(i);
            boolean first = i == 0 || trajectory.sigma(i + 1) == 0 || trajectory.alpha(i - 1) == 0;
            double r = first ? 0 : (trajectory.lambda(i - 1) - trajectory.lambda(i)) / h;
            return new Step(h, r, -trajectory.alpha(i + 1) * Math.expm1(-h));
        }

        /** ρ/r, what the predictor adds of c_before − c. */
        private double predictorWeight() {
            return r == 0 ? 0 : 0.5 / r;
        }

        /** ρ_2, what the corrector adds of c_t − c. */
        private double correctorWeight() {
            return r == 0 ? 0.5 : b1() - historyWeight();
        }

        /** (ρ_1 − ρ)/r: how much more of c_before − c the corrector takes than the predictor took. */
        private double historyCorrection() {
            return r == 0 ? 0 : (historyWeight() - 0.5) / r;
        }

        private double historyWeight() {
            return (b1() - b2()) / (1 - r);
        }

        private double phi1() {
            return Math.expm1(-h) / -h - 1;
        }

        private double b1() {
            return phi1() / Math.expm1(-h);
        }

        private double b2() {
            return 2 * (phi1() / -h - 0.5) / Math.expm1(-h);
        }
    }
}
