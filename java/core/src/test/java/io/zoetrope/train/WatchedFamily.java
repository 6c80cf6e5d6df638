package io.zoetrope.train;

import io.zoetrope.cuda.Device;
import io.zoetrope.io.Config;
import java.io.IOException;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.util.Optional;
import java.util.concurrent.Callable;

/** A family in the calls of whose tasks a test may do what it likes. */
record WatchedFamily(TrainingFamily family, Watch watch) implements TrainingFamily {
    /** Stands between the trainer and a task. */
    @FunctionalInterface
    interface Watch {
        /** @param work the method's; its result is to be returned */
        Object call(String method, Callable<Object> work) throws Exception;
    }

    @Override
    public String name() {
        return family.name();
    }

    @Override
    public Course course() {
        return family.course();
    }

    @Override
    public Optional<String> untunable() {
        return family.untunable();
    }

    @Override
    public Config settings(TrainRequest request) throws IOException {
        return family.settings(request);
    }

    @Override
    public TrainingTask open(Device device, TrainRequest request, Config settings) throws IOException {
        TrainingTask task = family.open(device, request, settings);
        return (TrainingTask) Proxy.newProxyInstance(TrainingTask.class.getClassLoader(),
                new Class<?>[] {TrainingTask.class}, (proxy, called, arguments) -> {
                    try {
                        return watch.call(called.getName(), () -> called.invoke(task, arguments));
                    } catch (InvocationTargetException e) {
                        throw e.getCause();
                    }
                });
    }
}
