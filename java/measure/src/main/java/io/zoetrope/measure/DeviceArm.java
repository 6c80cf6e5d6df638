package io.zoetrope.measure;

import io.zoetrope.cuda.CapturedGraph;
import io.zoetrope.cuda.Device;
import io.zoetrope.cuda.Event;
import io.zoetrope.tensor.Scope;
import java.util.function.Function;

/**
 * A case on a device of this library's, by its own kernels or by a provider: recorded as a graph, replays timed by the
 * device's events.
 */
final class DeviceArm implements Arm {
    private final String name;
    private final Device device;
    private final Scope scope;
    private final Work work;
    private final CapturedGraph graph;
    private final Event begin;
    private final Event end;
    private double deviation = Double.NaN;

    DeviceArm(String name, Device device, Function<Scope, Work> preparation) {
        this.name = name;
        this.device = device;
        this.scope = Scope.open(device);
        try {
            work = preparation.apply(scope);
            work.run().run(); // kernels are loaded and algorithms searched before the recording
            device.synchronize();
            graph = CapturedGraph.record(device, work.run());
            begin = new Event(device);
            end = new Event(device);
        } catch (RuntimeException | Error e) {
            scope.close();
            throw e;
        }
    }

    Work work() {
        return work;
    }

    float[] output() {
        return work.output().toFloats();
    }

    void compareWith(float[] ours) {
        deviation = deviation(output(), ours);
    }

    static double deviation(float[] theirs, float[] ours) {
        double difference = 0;
        double size = 0;
        for (int i = 0; i < ours.length; i++) {
            difference += Math.pow((double) theirs[i] - ours[i], 2);
            size += (double) ours[i] * ours[i];
        }
        return Math.sqrt(difference / Math.max(size, Double.MIN_NORMAL));
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public double round(double milliseconds) {
        double one = replays(1);
        int runs = Arm.runs(one, milliseconds);
        return runs <= 1 ? one : replays(runs);
    }

    private double replays(int runs) {
        begin.record(device.stream());
        for (int i = 0; i < runs; i++) {
            graph.launch();
        }
        end.record(device.stream());
        return end.millisecondsSince(begin) / runs;
    }

    @Override
    public double deviation() {
        return deviation;
    }

    @Override
    public void close() {
        begin.close();
        end.close();
        graph.close();
        scope.close();
    }
}
