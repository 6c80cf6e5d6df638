package io.zoetrope.mutation;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/**
 * Runs an operation's tests on a module in a process of its own. The text stands in a folder before all others on the
 * class path, under the name of the packed fat binary: the library loads PTX as it loads those.
 */
final class Trial {
    private static final int LAUNCH_SECONDS = 20;
    private static final int CHECKED_SECONDS = 120;
    private static final int PROCESS_SECONDS = 300;
    private static final int TEXT = 160;
    // 128 + SIGTERM, 128 + SIGINT: says nothing of the mutant.
    private static final int ENDED_BY_USER = 143;
    private static final int INTERRUPTED = 130;
    /** Of the names of modules that need compute capability 9.0. */
    private static final String HOPPER_ONLY = "_sm90";

    /** @param by the first test that failed with its message, or what ended the process */
    record Outcome(boolean failed, String by) {
    }

    private final Path folder;
    private final boolean checked;

    /** @param folder for the module and the output, of this trial alone; what an ended run has left in it is deleted */
    Trial(Path folder, boolean checked) throws IOException {
        this.folder = folder;
        this.checked = checked;
        Files.createDirectories(folder);
        try (Stream<Path> left = Files.walk(folder)) {
            for (Path file : left.filter(Files::isRegularFile).toList()) {
                Files.delete(file);
            }
        }
    }

    /** @param ptx null: the module as it is packed */
    Outcome run(String module, String ptx) throws IOException, InterruptedException {
        Path kernel = folder.resolve("kernels/" + module + ".fatbin");
        Files.createDirectories(kernel.getParent());
        if (ptx != null) {
            Files.writeString(kernel, ptx);
        }
        try {
            return run(Subjects.tests(module), module.endsWith(HOPPER_ONLY));
        } finally {
            Files.deleteIfExists(kernel);
        }
    }

    private Outcome run(String tests, boolean hopper) throws IOException, InterruptedException {
        Path output = folder.resolve("output.txt");
        Process process = process(tests, hopper).redirectErrorStream(true).redirectOutput(output.toFile()).start();
        if (!process.waitFor(PROCESS_SECONDS, TimeUnit.SECONDS)) {
            process.destroyForcibly().waitFor();
            return new Outcome(true, "the tests ran longer than " + PROCESS_SECONDS + " s");
        }
        List<String> lines = Files.readString(output, StandardCharsets.UTF_8).lines().toList();
        String last = lines.isEmpty() ? "" : lines.get(lines.size() - 1);
        if (last.startsWith(FirstFailure.PASSED)) {
            if (last.equals(FirstFailure.PASSED + "0")) {
                throw new IOException("the package " + tests + " has no tests");
            }
            return new Outcome(false, last);
        }
        if (process.exitValue() == ENDED_BY_USER || process.exitValue() == INTERRUPTED) {
            throw new IOException("the tests in " + tests + " were ended from outside: run again to go on");
        }
        String by = last.startsWith(FirstFailure.FAILED) ? last.substring(FirstFailure.FAILED.length())
                : "the process ended with " + process.exitValue() + ": " + last;
        return new Outcome(true, brief(by));
    }

    private ProcessBuilder process(String tests, boolean hopper) {
        ProcessBuilder builder = new ProcessBuilder(Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx2g", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Dzoetrope.test.device=cpu", "-cp",
                folder + System.getProperty("path.separator") + System.getProperty("java.class.path"),
                FirstFailure.class.getName(), tests);
        builder.environment().put("ZOETROPE_TIMEOUT", Integer.toString(checked ? CHECKED_SECONDS : LAUNCH_SECONDS));
        builder.environment().remove("ZOETROPE_CHECK");
        builder.environment().put("ZOETROPE_COMPUTE", hopper ? "9.0" : "8.0");
        if (checked) {
            builder.environment().put("ZOETROPE_CHECK", "memory,race,init,sync");
        }
        return builder;
    }

    private static String brief(String text) {
        String clean = text.replace('|', ':').replace('\t', ' ').strip();
        return clean.length() <= TEXT ? clean : clean.substring(0, TEXT) + "…";
    }
}
