package io.zoetrope.bench;

import ai.djl.engine.Engine;
import ai.djl.ndarray.NDManager;
import io.zoetrope.cuda.Device;
import io.zoetrope.cuda.DeviceChoice;
import io.zoetrope.tensor.DType;
import io.zoetrope.tensor.Scope;
import java.util.Arrays;
import java.util.Locale;

/**
 * Our operations on softcuda beside PyTorch's on the CPU (through DJL), in one process and in turns, so that what else
 * the machine does falls on both. Both take all cores. Results are compared before anything is timed.
 *
 * <p>Prints the fastest and the median run of each; the ratio is PyTorch's fastest by ours, above 1 where ours is
 * faster.
 */
public final class PeerTimes {
    private static final int ROUNDS = 15;

    private PeerTimes() {
    }

    /** Runs all cases in F32 and BF16; PyTorch's are F32 always, for DJL has no other. */
    public static void main(String[] args) throws Exception {
        int threads = Runtime.getRuntime().availableProcessors();
        System.setProperty("ai.djl.pytorch.num_threads", Integer.toString(threads));
        try (Device device = Device.open(DeviceChoice.CPU); NDManager manager = NDManager.newBaseManager("PyTorch");
                PyTorchAttention attention = new PyTorchAttention(manager)) {
            System.out.printf(Locale.ROOT, "%s against PyTorch %s, %d threads; milliseconds, fastest (median) of %d turns%n%n",
                    device.name(), Engine.getEngine("PyTorch").getVersion(), threads, ROUNDS);
            System.out.println("| operation | our type | softcuda | PyTorch, f32 | ratio | softcuda GFLOP/s |\n|---|---|---|---|---|---|");
            for (int i = 0; i < 4; i++) {
                for (DType type : new DType[] {DType.F32, DType.BF16}) {
                    try (Scope scope = Scope.open(device); NDManager own = manager.newSubManager()) {
                        System.out.println(measure(new PeerCases(device, scope, own, attention).all().get(i).make(type)));
                    }
                }
            }
        }
    }

    private static String measure(PeerCases.Case c) {
        c.ours().work().run();
        c.peers().work().run();
        requireAlike(c);
        double[] ours = new double[ROUNDS];
        double[] peers = new double[ROUNDS];
        for (int round = -2; round < ROUNDS; round++) {
            double mine = milliseconds(c.ours().work());
            double theirs = milliseconds(c.peers().work());
            if (round >= 0) {
                ours[round] = mine;
                peers[round] = theirs;
            }
        }
        Arrays.sort(ours);
        Arrays.sort(peers);
        return String.format(Locale.ROOT, "| %s | %s | %.1f (%.1f) | %.1f (%.1f) | %.2f | %.0f |", c.name(), c.type().suffix(),
                ours[0], ours[ROUNDS / 2], peers[0], peers[ROUNDS / 2], peers[0] / ours[0], c.gigaflops() / ours[0] * 1000);
    }

    private static double milliseconds(Runnable work) {
        long begin = System.nanoTime();
        work.run();
        return (System.nanoTime() - begin) * 1e-6;
    }

    private static void requireAlike(PeerCases.Case c) {
        float[] ours = c.ours().result().get();
        float[] peers = c.peers().result().get();
        double most = 0;
        double difference = 0;
        for (int i = 0; i < ours.length; i++) {
            most = Math.max(most, Math.abs(peers[i]));
            difference = Math.max(difference, Math.abs((double) ours[i] - peers[i]));
        }
        double allowed = c.type() == DType.F32 ? 1e-4 : 2e-2;
        if (ours.length != peers.length || !(difference <= allowed * most)) {
            throw new IllegalStateException(c.name() + " " + c.type() + ": results of up to " + most + " differ by " + difference
                    + ", expected no more than " + allowed * most + ": the libraries did not do the same");
        }
    }
}
