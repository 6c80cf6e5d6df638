package io.zoetrope.mutation;

import static org.junit.platform.engine.discovery.ClassNameFilter.includeClassNamePatterns;
import static org.junit.platform.engine.discovery.DiscoverySelectors.selectPackage;

import org.junit.platform.engine.TestExecutionResult.Status;
import org.junit.platform.engine.TestExecutionResult;
import org.junit.platform.engine.support.descriptor.MethodSource;
import org.junit.platform.launcher.EngineFilter;
import org.junit.platform.launcher.TestExecutionListener;
import org.junit.platform.launcher.TestIdentifier;
import org.junit.platform.launcher.core.LauncherDiscoveryRequestBuilder;
import org.junit.platform.launcher.core.LauncherFactory;

/** Runs a package's tests in a process of its own until one fails: the last line tells which, or how many passed. */
final class FirstFailure implements TestExecutionListener {
    static final String FAILED = "first failure: ";
    static final String PASSED = "all passed: ";

    private int passed;

    private FirstFailure() {
    }

    public static void main(String[] packages) {
        FirstFailure listener = new FirstFailure();
        LauncherFactory.create().execute(LauncherDiscoveryRequestBuilder.request().selectors(selectPackage(packages[0]))
                .filters(includeClassNamePatterns(".*Test"), EngineFilter.includeEngines("junit-jupiter")).build(),
                listener);
        end(PASSED + listener.passed);
    }

    @Override
    public void executionFinished(TestIdentifier test, TestExecutionResult result) {
        if (result.getStatus() != Status.SUCCESSFUL) {
            String source = test.getSource().filter(MethodSource.class::isInstance).map(MethodSource.class::cast)
                    .map(at -> at.getClassName().replaceFirst(".*\\.", "") + "." + at.getMethodName())
                    .orElse("a class");
            String message = result.getThrowable().map(Throwable::toString).orElse("no message");
            end(FAILED + source + " " + test.getDisplayName() + " | " + message.replaceAll("\\s+", " "));
        }
        passed += test.isTest() ? 1 : 0;
    }

    /** Ends at once: a device that a wrong kernel has left in error is closed by nobody. */
    private static void end(String line) {
        System.out.println(line);
        System.out.flush();
        Runtime.getRuntime().halt(0);
    }
}
