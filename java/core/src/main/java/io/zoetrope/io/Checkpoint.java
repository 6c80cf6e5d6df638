package io.zoetrope.io;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.TreeMap;
import java.util.zip.CRC32C;

/**
 * Everything a training run needs to go on as if it had never stopped: tensors (weights, optimiser moments, EMA) and
 * small state (random counters, position in the data). Stored as one safetensors file with a checksum over all of it,
 * which is written and read piece by piece: tensors may be larger than the host's memory.
 *
 * @param step    optimiser steps taken
 * @param state   small values by name, as text so that 64-bit numbers survive
 * @param tensors by name
 */
public record Checkpoint(long step, Map<String, String> state, Map<String, ? extends TensorContent> tensors) {
    private static final String FORMAT = "zoetrope.format";
    private static final String FORMAT_VALUE = "checkpoint-1";
    private static final String STEP = "zoetrope.step";
    private static final String CHECKSUM = "zoetrope.crc32c";
    private static final String STATE_PREFIX = "state.";
    private static final String REMEDY = "Use another checkpoint";

    public Checkpoint {
        if (step < 0) {
            throw new IllegalArgumentException("a checkpoint's step is at least 0, not " + step);
        }
        state = Collections.unmodifiableMap(new TreeMap<>(state));
        tensors = Collections.unmodifiableMap(new LinkedHashMap<>(tensors));
    }

    /** The state called {@code name}. */
    public String text(String name) {
        String value = state.get(name);
        if (value == null) {
            throw new IllegalArgumentException("this checkpoint has no state '" + name + "', only " + state.keySet());
        }
        return value;
    }

    /** The state called {@code name} as a number. */
    public long number(String name) {
        return Long.parseLong(text(name));
    }

    /**
     * Writes the checkpoint, whole or not at all; once this returns it survives a power cut.
     *
     * @throws IOException if it cannot be written
     */
    public void write(Path file) throws IOException {
        Map<String, String> metadata = new TreeMap<>();
        metadata.put(FORMAT, FORMAT_VALUE);
        metadata.put(STEP, Long.toString(step));
        metadata.put(CHECKSUM, checksum()); // in the header, so that tensors are gone through twice
        state.forEach((name, value) -> metadata.put(STATE_PREFIX + name, value));
        Safetensors.write(file, tensors, metadata);
    }

    /**
     * Reads a checkpoint and checks every byte of it.
     *
     * @throws IOException if a file cannot be read, or is not what it should be
     */
    public static Checkpoint read(Path file) throws IOException {
        Safetensors stored = Safetensors.open(file);
        Map<String, String> metadata = stored.metadata();
        if (!FORMAT_VALUE.equals(metadata.get(FORMAT))) {
            throw BadFileException.of(file,
                    "is no checkpoint of this version (" + FORMAT + " is " + metadata.get(FORMAT) + ")", FORMAT_VALUE,
                    REMEDY);
        }
        Map<String, String> state = new TreeMap<>();
        metadata.forEach((name, value) -> {
            if (name.startsWith(STATE_PREFIX)) {
                state.put(name.substring(STATE_PREFIX.length()), value);
            }
        });
        Map<String, TensorContent> tensors = new LinkedHashMap<>();
        for (String name : stored.names()) {
            tensors.put(name, stored.mapped(name));
        }
        long step;
        try {
            step = Long.parseLong(metadata.getOrDefault(STEP, ""));
        } catch (NumberFormatException e) {
            throw BadFileException.of(file, "its step is '" + metadata.get(STEP) + "'", "a number", REMEDY);
        }
        if (step < 0) {
            throw BadFileException.of(file, "its step is " + step, "at least 0", REMEDY);
        }
        Checkpoint checkpoint = new Checkpoint(step, state, tensors);
        String found = checkpoint.checksum();
        if (!found.equals(metadata.get(CHECKSUM))) {
            throw BadFileException.of(file, "its content has checksum " + found + " (damaged?)",
                    metadata.get(CHECKSUM) + ", as it was written", REMEDY);
        }
        return checkpoint;
    }

    /** CRC-32C over step, state, and every tensor's name, type, shape and bytes. */
    private String checksum() throws IOException {
        CRC32C crc = new CRC32C();
        update(crc, Long.toString(step));
        state.forEach((name, value) -> {
            update(crc, name);
            update(crc, value);
        });
        for (Map.Entry<String, ? extends TensorContent> entry : tensors.entrySet()) {
            TensorContent tensor = entry.getValue();
            update(crc, entry.getKey());
            update(crc, tensor.type() + Arrays.toString(tensor.shape()));
            tensor.forEachPiece(crc::update);
        }
        return Long.toHexString(crc.getValue());
    }

    private static void update(CRC32C crc, String text) {
        crc.update(text.getBytes(StandardCharsets.UTF_8));
        crc.update(0);
    }
}
