package io.zoetrope.bench.compare.rows;

import io.zoetrope.cuda.Device;
import io.zoetrope.tensor.Scope;
import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Runs one commit's rows as it is told, line by line on standard input: {@code open ROW}, {@code run TIMES},
 * {@code close}, each answered by a line. Its arguments name the classes of rows. Between two lines it uses no
 * processor, so that another commit's can be measured meanwhile.
 */
public final class Worker {
    private final Map<String, Rows.Setup> rows = new LinkedHashMap<>();
    private final PrintStream answers;
    private Device device;
    private Scope scope;
    private Rows.Work work;

    private Worker(PrintStream answers) {
        this.answers = answers;
    }

    public static void main(String[] names) throws Exception {
        Worker worker = new Worker(new PrintStream(System.out, true, StandardCharsets.UTF_8));
        System.setOut(System.err); // the answers alone go there
        for (String name : names) {
            worker.rows.putAll(((Rows) Class.forName(name).getDeclaredConstructor().newInstance()).all());
        }
        worker.answers.println(String.join("\t", worker.rows.keySet()));
        BufferedReader orders = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        for (String line = orders.readLine(); line != null; line = orders.readLine()) {
            worker.answers.println(worker.answer(line));
        }
        System.exit(0);
    }

    private String answer(String line) {
        int space = line.indexOf(' ');
        String order = space < 0 ? line : line.substring(0, space);
        String argument = line.substring(space + 1);
        try {
            return switch (order) {
                case "open" -> open(argument);
                case "run" -> run(Long.parseLong(argument));
                case "close" -> close();
                default -> throw new IllegalArgumentException("unknown order '" + line + "'");
            };
        } catch (Exception | LinkageError e) {
            e.printStackTrace();
            return "failed " + e.toString().replaceAll("\\s+", " ");
        }
    }

    private String open(String row) throws Exception {
        device = Device.open();
        scope = Scope.open(device);
        work = rows.get(row).prepare(device, scope);
        return "ok";
    }

    /** Nanoseconds of so many runs: those that passed, and those that this process's threads worked. */
    private String run(long times) throws Exception {
        device.synchronize();
        long cpu = threadsNanos();
        long begin = System.nanoTime();
        for (long i = 0; i < times; i++) {
            work.run();
        }
        device.synchronize();
        long wall = System.nanoTime() - begin;
        return "ok " + wall + " " + (threadsNanos() - cpu);
    }

    /**
     * What the threads of this process have worked, softcuda's and the compiler's among them. Linux keeps it to the
     * nanosecond here, where {@code getProcessCpuTime} counts in hundredths of a second.
     */
    private static long threadsNanos() throws IOException {
        File[] threads = new File("/proc/self/task").listFiles();
        if (threads == null) {
            throw new IOException("/proc/self/task is missing: commits are compared on Linux");
        }
        long nanos = 0;
        for (File thread : threads) {
            Path figures = thread.toPath().resolve("schedstat");
            if (Files.exists(figures)) {
                String text = Files.readString(figures);
                nanos += Long.parseLong(text.substring(0, text.indexOf(' ')));
            }
        }
        return nanos;
    }

    private String close() throws Exception {
        if (work != null) {
            work.close();
        }
        work = null;
        if (device != null) {
            scope.close();
            device.close();
        }
        device = null;
        return "ok";
    }
}
