package io.zoetrope.measure;

import com.google.gson.Gson;
import com.google.gson.GsonBuilder;
import com.google.gson.JsonParseException;
import io.zoetrope.io.AtomicFiles;
import io.zoetrope.io.BadFileException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * A run's file: {@code bench/README.md} documents the format.
 *
 * @param schema      {@link #SCHEMA}
 * @param machine     what was measured on
 * @param calibration what the device reaches at best; null until it was measured
 * @param rows        a row for each case and arm
 */
public record Results(String schema, Machine machine, Calibration calibration, List<Row> rows) {
    public static final String SCHEMA = "zoetrope-bench/1";
    /** Of our own kernels' rows. */
    public static final String OURS = "zoetrope";
    private static final String EXPECTED = "an object with schema " + SCHEMA + ", machine and rows";
    private static final String REMEDY = "Name a file of measurements that this library wrote";
    private static final Gson GSON = new GsonBuilder().setPrettyPrinting().create();

    /**
     * @param device         as the driver names it
     * @param capability     compute capability
     * @param software       true for softcuda: its times say nothing about a GPU
     * @param driverApi      of CUDA, such as 13.0
     * @param multiprocessors of the device
     * @param processors     of the host
     * @param java           version
     * @param date           UTC, ISO 8601
     * @param commit         of the sources; empty: not known
     * @param peers          versions of what stood beside, such as PyTorch's; empty: nothing did
     */
    public record Machine(String device, String capability, boolean software, String driverApi, int multiprocessors,
            int processors, String java, String date, String commit, String peers) {
    }

    /**
     * @param copyGBs    bytes read and written in a second by a copy within the device's memory, in GB
     * @param gemmTflops of the best product measured, by any arm
     * @param gemm       which product, by which arm
     */
    public record Calibration(double copyGBs, double gemmTflops, String gemm) {
        /** The least milliseconds that such work can take. */
        double bound(double flops, double bytes) {
            return Math.max(flops / (gemmTflops * 1e9), bytes / (copyGBs * 1e6));
        }
    }

    /**
     * @param kind      operation or model
     * @param name      of the case, such as {@code gemm, 256, 256, 256}
     * @param arm       who ran it
     * @param how       in which way; null: as the arm's name says
     * @param ms        milliseconds of a run, median of the rounds
     * @param low       least
     * @param high      most
     * @param rounds    how many
     * @param flops     that the case asks for; 0 where arithmetic is not what takes time
     * @param bytes     that it must move; 0: not known
     * @param deviation of the output from ours, relative; null: not compared
     */
    public record Row(String kind, String name, String arm, String how, double ms, double low, double high, int rounds,
            double flops, double bytes, Double deviation) {
    }

    public static Results of(Machine machine) {
        return new Results(SCHEMA, machine, null, new ArrayList<>());
    }

    Results withCalibration(Calibration value) {
        return new Results(schema, machine, value, rows);
    }

    public Optional<Row> find(String name, String arm) {
        return rows.stream().filter(row -> row.name.equals(name) && row.arm.equals(arm)).findFirst();
    }

    boolean has(String name) {
        return rows.stream().anyMatch(row -> row.name.equals(name));
    }

    /** @throws BadFileException when it is no file of results */
    public static Results read(Path file) throws IOException {
        Results read;
        try {
            read = GSON.fromJson(Files.readString(file), Results.class);
        } catch (JsonParseException e) {
            throw BadFileException.of(file, "is no JSON", EXPECTED, REMEDY, e);
        }
        if (read == null || !SCHEMA.equals(read.schema) || read.machine == null || read.rows == null) {
            throw BadFileException.of(file, "is no file of results", EXPECTED, REMEDY);
        }
        return read;
    }

    public void write(Path file) throws IOException {
        AtomicFiles.writeText(file, GSON.toJson(this) + "\n");
    }
}
