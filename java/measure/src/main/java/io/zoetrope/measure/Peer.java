package io.zoetrope.measure;

import com.google.gson.Gson;
import com.google.gson.JsonObject;
import io.zoetrope.tensor.Tensor;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * Another library in a process of its own, such as PyTorch, told case by case and round by round what to run, so that
 * it takes turns with ours. One JSON object a line each way; {@code bench/gpu/peer.py} is the other side. Operands go
 * through files, so that both have the same numbers.
 */
public final class Peer implements AutoCloseable {
    private static final Gson GSON = new Gson();

    private final Process process;
    private final PrintStream orders;
    private final BufferedReader answers;
    private final Path folder;
    private final String versions;

    /**
     * @param command the program and its arguments; what it says beside answers goes to standard error
     * @param folder  where operands are written; best in memory
     * @throws IOException when it does not start, with its own words
     */
    public Peer(List<String> command, Path folder) throws IOException {
        this.folder = Files.createDirectories(folder);
        this.process = new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT).start();
        this.orders = new PrintStream(process.getOutputStream(), true, StandardCharsets.UTF_8);
        this.answers = process.inputReader(StandardCharsets.UTF_8);
        this.versions = answer().get("versions").getAsString();
    }

    String versions() {
        return versions;
    }

    private JsonObject answer() throws IOException {
        String line = answers.readLine();
        if (line == null) {
            throw new IOException("the process beside ended; what it said stands above");
        }
        return GSON.fromJson(line, JsonObject.class);
    }

    private JsonObject ask(String order, String name) throws IOException {
        JsonObject request = new JsonObject();
        request.addProperty("order", order);
        request.addProperty("name", name);
        request.addProperty("folder", folder.toString());
        orders.println(GSON.toJson(request));
        return answer();
    }

    /**
     * Its ways to run an operation, on our operands.
     *
     * @param output ours, null where it is not compared
     */
    List<Arm> operation(OperationCase of, Work ours, float[] output) throws IOException {
        for (int i = 0; i < ours.inputs().size(); i++) {
            Tensor input = ours.inputs().get(i);
            Files.write(folder.resolve("input-" + i), input.toBytes());
        }
        Files.deleteIfExists(folder.resolve("output"));
        if (output != null) {
            ByteBuffer bytes = ByteBuffer.allocate(output.length * Float.BYTES).order(ByteOrder.LITTLE_ENDIAN);
            bytes.asFloatBuffer().put(output);
            Files.write(folder.resolve("output"), bytes.array());
        }
        return arms(ask("operation", of.name()));
    }

    List<Arm> model(ModelCase of) throws IOException {
        return arms(ask("model", of.name()));
    }

    private List<Arm> arms(JsonObject answer) {
        List<Arm> arms = new ArrayList<>();
        answer.getAsJsonArray("arms").forEach(each -> arms.add(new PeerArm(each.getAsJsonObject())));
        return arms;
    }

    /** One way of the peer's to run the case. */
    private final class PeerArm implements Arm {
        private final JsonObject said;

        private PeerArm(JsonObject said) {
            this.said = said;
        }

        @Override
        public String name() {
            return said.get("arm").getAsString();
        }

        @Override
        public String how() {
            return said.get("how").getAsString();
        }

        @Override
        public double round(double milliseconds) {
            JsonObject request = new JsonObject();
            request.addProperty("order", "round");
            request.addProperty("arm", name());
            request.addProperty("ms", milliseconds);
            orders.println(GSON.toJson(request));
            try {
                JsonObject answer = answer();
                if (answer.has("failed")) {
                    throw new IllegalStateException(answer.get("failed").getAsString());
                }
                return answer.get("ms").getAsDouble();
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }

        @Override
        public double deviation() {
            return said.has("deviation") ? said.get("deviation").getAsDouble() : Double.NaN;
        }

        @Override
        public void close() {
            // The peer lets go of a case when the next one comes.
        }
    }

    @Override
    public void close() {
        orders.close(); // the end of its orders is its end
    }
}
