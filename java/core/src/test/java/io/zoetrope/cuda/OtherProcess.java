package io.zoetrope.cuda;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** Runs a class in a Java process of its own: what is decided once for a process is tested in fresh ones. */
public final class OtherProcess {
    private static final long LIMIT_SECONDS = 300;

    private OtherProcess() {
    }

    /** @param output what it printed, on both channels */
    public record Result(int status, String output) {
        /** The output, when it ended well. */
        public String successful() {
            assertThat(status).as(output).isZero();
            return output;
        }
    }

    /**
     * @param environment variables besides those of this process; an empty value removes one
     * @param options     of the virtual machine
     */
    public static Result run(Class<?> main, Map<String, String> environment, String... options) throws Exception {
        String program = Path.of(System.getProperty("java.home"), "bin", "java").toString();
        List<String> command = new ArrayList<>(
                List.of(program, "-Xmx1g", "-cp", System.getProperty("java.class.path")));
        command.addAll(List.of(options));
        command.add(main.getName());
        ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
        environment.forEach((name, value) -> {
            if (value.isEmpty()) {
                builder.environment().remove(name);
            } else {
                builder.environment().put(name, value);
            }
        });
        Process process = builder.start();
        String output = new String(process.getInputStream().readAllBytes(), java.nio.charset.StandardCharsets.UTF_8);
        assertThat(process.waitFor(LIMIT_SECONDS, TimeUnit.SECONDS)).isTrue();
        return new Result(process.exitValue(), output);
    }
}
