package io.zoetrope.reference;

import java.util.function.DoubleUnaryOperator;

/** Activations and their derivatives in double precision, as the formulas say. */
public final class ReferencePointwise {
    private ReferencePointwise() {
    }

    public static double silu(double x) {
        return x / (1 + Math.exp(-x));
    }

    public static double siluSlope(double x) {
        double s = 1 / (1 + Math.exp(-x));
        return s * (1 + x * (1 - s));
    }

    public static double gelu(double x) {
        return 0.5 * x * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (x + 0.044715 * x * x * x)));
    }

    public static double geluSlope(double x) {
        double root = Math.sqrt(2 / Math.PI);
        double tanh = Math.tanh(root * (x + 0.044715 * x * x * x));
        return 0.5 * (1 + tanh) + 0.5 * x * (1 - tanh * tanh) * root * (1 + 3 * 0.044715 * x * x);
    }

    /** x·Φ(x). */
    public static double geluErf(double x) {
        return x * normal(x);
    }

    public static double geluErfSlope(double x) {
        return normal(x) + x * density(x);
    }

    public static double mish(double x) {
        return x * Math.tanh(Math.log1p(Math.exp(x)));
    }

    public static double mishSlope(double x) {
        double tanh = Math.tanh(Math.log1p(Math.exp(x)));
        return tanh + x * (1 - tanh * tanh) * sigmoid(x);
    }

    /** Φ(x), by Simpson's rule from 0. */
    private static double normal(double x) {
        int panels = 1000;
        double h = x / panels;
        double sum = density(0) + density(x);
        for (int i = 1; i < panels; i++) {
            sum += (i % 2 == 0 ? 2 : 4) * density(i * h);
        }
        return 0.5 + sum * h / 3;
    }

    private static double density(double x) {
        return Math.exp(-x * x / 2) / Math.sqrt(2 * Math.PI);
    }

    public static double sigmoid(double x) {
        return 1 / (1 + Math.exp(-x));
    }

    public static double sigmoidSlope(double x) {
        double e = Math.exp(-Math.abs(x));
        return e / ((1 + e) * (1 + e));
    }

    public static double tanhSlope(double x) {
        double cosh = Math.cosh(x);
        return 1 / (cosh * cosh);
    }

    public static double leakyRelu(double x, double slope) {
        return x > 0 ? x : slope * x;
    }

    public static double leakyReluSlope(double x, double slope) {
        return x > 0 ? 1 : slope;
    }

    /** The central difference quotient of {@code f} at {@code x}. */
    public static double difference(DoubleUnaryOperator f, double x) {
        double h = 1e-5;
        return (f.applyAsDouble(x + h) - f.applyAsDouble(x - h)) / (2 * h);
    }
}
