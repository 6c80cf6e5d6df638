package io.zoetrope.bench.compare;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;

/** One commit's process, which runs rows as it is told. */
final class Side implements AutoCloseable {
    private final String name;
    private final Path log;
    private final Process process;
    private final PrintStream orders;
    private final BufferedReader answers;
    private final List<String> rows;

    /** Nanoseconds of some runs. @param wall that passed @param cpu that the process's threads worked */
    record Times(long wall, long cpu) {
    }

    Side(Tree tree, Path log) throws IOException {
        this.name = tree.name();
        this.log = log;
        this.process = tree.start(log);
        this.orders = new PrintStream(process.getOutputStream(), true, StandardCharsets.UTF_8);
        this.answers = process.inputReader(StandardCharsets.UTF_8);
        this.rows = List.of(answer().split("\t"));
    }

    List<String> rows() {
        return rows;
    }

    private String answer() throws IOException {
        String line = answers.readLine();
        if (line == null) {
            throw new IOException("the process of " + name + " ended; what it said is in " + log);
        }
        return line;
    }

    private String ask(String order) throws IOException {
        orders.println(order);
        String line = answer();
        if (!line.startsWith("ok")) {
            throw new IOException(name + ": " + line.replaceFirst("failed ", ""));
        }
        return line;
    }

    void open(String row) throws IOException {
        ask("open " + row);
    }

    Times run(long times) throws IOException {
        String[] figures = ask("run " + times).split(" ");
        return new Times(Long.parseLong(figures[1]), Long.parseLong(figures[2]));
    }

    void closeRow() throws IOException {
        ask("close");
    }

    @Override
    public void close() {
        orders.close(); // the end of its orders is its end
        process.destroy();
    }
}
