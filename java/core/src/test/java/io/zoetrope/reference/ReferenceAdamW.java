package io.zoetrope.reference;

/** AdamW with clipping, schedule and moving average in double precision, one parameter at a time. */
public final class ReferenceAdamW {
    public double rate = 1e-3;
    public double beta1 = 0.9;
    public double beta2 = 0.999;
    public double epsilon = 1e-8;
    public double weightDecay;
    public double maxNorm;
    public double gradientScale = 1;
    public double emaDecay = 0.9999;
    public double emaWarmUp = 10;
    public long warmUpSteps;
    public long totalSteps;
    public double finalRate;

    public final double[] master;
    public final double[] m;
    public final double[] v;
    public final double[] ema;
    private final boolean[] covered;
    private final boolean[] decays;
    private long step;

    /** @param covered which elements are parameters; @param decays which of them decay */
    public ReferenceAdamW(double[] master, boolean[] covered, boolean[] decays) {
        this.master = master.clone();
        this.m = new double[master.length];
        this.v = new double[master.length];
        this.ema = master.clone();
        this.covered = covered;
        this.decays = decays;
    }

    public double norm(double[] gradient) {
        double sum = 0;
        for (int i = 0; i < gradient.length; i++) {
            sum += covered[i] ? gradient[i] * gradient[i] : 0;
        }
        return Math.abs(gradientScale) * Math.sqrt(sum);
    }

    /** The learning rate of the t-th step, counted from 1. */
    public double rateAt(long t) {
        if (t < warmUpSteps) {
            return rate * t / warmUpSteps;
        }
        if (totalSteps <= warmUpSteps) {
            return rate;
        }
        double progress = Math.min(1, (double) (t - warmUpSteps) / (totalSteps - warmUpSteps));
        return finalRate + (rate - finalRate) * 0.5 * (1 + Math.cos(Math.PI * progress));
    }

    public void step(double[] gradient) {
        step++;
        double norm = norm(gradient);
        double factor = gradientScale * (maxNorm > 0 && norm > maxNorm ? maxNorm / norm : 1);
        double now = rateAt(step);
        double share = 1 - (emaWarmUp > 0 ? Math.min(emaDecay, (1.0 + step) / (emaWarmUp + step)) : emaDecay);
        for (int i = 0; i < master.length; i++) {
            if (covered[i]) {
                double g = gradient[i] * factor;
                m[i] = beta1 * m[i] + (1 - beta1) * g;
                v[i] = beta2 * v[i] + (1 - beta2) * g * g;
                double mean = m[i] / (1 - Math.pow(beta1, step));
                double square = v[i] / (1 - Math.pow(beta2, step));
                master[i] = master[i] * (1 - (decays[i] ? now * weightDecay : 0))
                        - now * mean / (Math.sqrt(square) + epsilon);
                ema[i] += share * (master[i] - ema[i]);
            }
        }
    }
}
