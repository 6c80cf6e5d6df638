package io.zoetrope.bench;

import ai.djl.Model;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.training.ParameterStore;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.zip.CRC32;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;

/**
 * PyTorch's fused attention, which DJL has no call for: a TorchScript module of one line, written as the archive that
 * PyTorch loads.
 */
final class PyTorchAttention implements AutoCloseable {
    private static final String NAME = "attention";
    private static final String CODE = """
            class Attention(Module):
              __parameters__ = []
              __buffers__ = []
              training : bool
              _is_full_backward_hook : Optional[bool]
              def forward(self: __torch__.Attention,
                q: Tensor,
                k: Tensor,
                v: Tensor) -> Tensor:
                return torch.scaled_dot_product_attention(q, k, v)
            """;

    private final Path folder;
    private final Model model;
    private final ParameterStore parameters;

    PyTorchAttention(NDManager manager) throws Exception {
        folder = Files.createTempDirectory("zoetrope-peers");
        write(folder.resolve(NAME + ".pt"));
        model = Model.newInstance(NAME, "PyTorch");
        model.load(folder);
        parameters = new ParameterStore(manager, false);
    }

    /** softmax(q kᵀ/√D) v of [B, H, S, D]. */
    NDArray run(NDArray q, NDArray k, NDArray v) {
        return model.getBlock().forward(parameters, new NDList(q, k, v), false).singletonOrThrow();
    }

    private static void write(Path file) throws IOException {
        try (OutputStream out = Files.newOutputStream(file); ZipOutputStream zip = new ZipOutputStream(out)) {
            store(zip, "data.pkl", module());
            store(zip, "code/__torch__.py", CODE.getBytes(StandardCharsets.UTF_8));
            store(zip, "constants.pkl", new byte[] {(byte) 0x80, 2, ')', '.'});
            store(zip, "version", "3\n".getBytes(StandardCharsets.UTF_8));
        }
    }

    /** The pickle of an Attention whose fields are training = False and _is_full_backward_hook = None. */
    private static byte[] module() throws IOException {
        ByteArrayOutputStream pickle = new ByteArrayOutputStream();
        pickle.write(new byte[] {(byte) 0x80, 2});
        pickle.write("c__torch__\nAttention\n)".getBytes(StandardCharsets.UTF_8));
        pickle.write(0x81);
        pickle.write("}(".getBytes(StandardCharsets.UTF_8));
        text(pickle, "training");
        pickle.write(0x89);
        text(pickle, "_is_full_backward_hook");
        pickle.write("Nub.".getBytes(StandardCharsets.UTF_8));
        return pickle.toByteArray();
    }

    private static void text(ByteArrayOutputStream pickle, String text) throws IOException {
        pickle.write(new byte[] {'X', (byte) text.length(), 0, 0, 0});
        pickle.write(text.getBytes(StandardCharsets.UTF_8));
    }

    /** PyTorch wants its entries uncompressed. */
    private static void store(ZipOutputStream zip, String name, byte[] content) throws IOException {
        CRC32 crc = new CRC32();
        crc.update(content);
        ZipEntry entry = new ZipEntry(NAME + "/" + name);
        entry.setMethod(ZipEntry.STORED);
        entry.setSize(content.length);
        entry.setCrc(crc.getValue());
        zip.putNextEntry(entry);
        zip.write(content);
        zip.closeEntry();
    }

    @Override
    public void close() throws IOException {
        model.close();
        Files.deleteIfExists(folder.resolve(NAME + ".pt"));
        Files.deleteIfExists(folder);
    }
}
