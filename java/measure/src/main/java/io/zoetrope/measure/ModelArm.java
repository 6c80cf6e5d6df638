package io.zoetrope.measure;

import io.zoetrope.cuda.Device;
import java.io.IOException;

/**
 * A model's steps on a device, queued one after another as trainer and sampler queue them, by the clock of the host.
 */
final class ModelArm implements Arm {
    private final String name;
    private final Device device;
    private final Models.Running running;

    ModelArm(String name, Device device, ModelCase of) throws IOException {
        this.name = name;
        this.device = device;
        this.running = Models.prepare(device, of);
        running.step(); // records
        device.synchronize();
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public String how() {
        return "graph";
    }

    @Override
    public double round(double milliseconds) {
        double one = steps(1);
        int runs = Arm.runs(one, milliseconds);
        double mean = runs <= 1 ? one : steps(runs);
        running.check();
        return mean;
    }

    private double steps(int runs) {
        device.synchronize();
        long begin = System.nanoTime();
        for (int i = 0; i < runs; i++) {
            running.step();
        }
        device.synchronize();
        return (System.nanoTime() - begin) / 1e6 / runs;
    }

    @Override
    public void close() {
        running.close();
    }
}
