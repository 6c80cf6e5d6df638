package io.zoetrope.metric;

import io.zoetrope.io.AtomicFiles;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * The speed dial: what a generator's pictures are worth and what they cost, by sampler and number of steps.
 *
 * @param setting what all cells have in common
 * @param floor   C-FD of as many real pictures against the others, for several draws
 * @param cells   measured so far, in the order they were asked for
 */
public record SpeedReport(Setting setting, List<Double> floor, List<Cell> cells) {
    /**
     * What figures depend on beside sampler and steps: those of other settings do not compare.
     *
     * @param model       the generator's name
     * @param modelHash   SHA-256 of its weights and settings
     * @param encoder     of the features
     * @param encoderHash SHA-256 of its weights
     * @param data        the real pictures: those of its test part
     * @param pictures    generated for each cell
     * @param seed        of their noise, the same in each cell
     * @param machine     what they were made on
     * @param onCpu whether that is the CPU: what counts there is processor time, which other work on the machine leaves
     *                    as it is
     */
    public record Setting(String model, String modelHash, String encoder, String encoderHash, String data, int pictures,
            long seed, String machine, boolean onCpu) {}

    /**
     * One sampler with one number of steps.
     *
     * @param calls   of the network, for a picture
     * @param frechet C-FD
     * @param millis  for a picture: generating all of them, divided by their number
     * @param cpu     milliseconds of all processors together for a picture
     */
    public record Cell(String sampler, int steps, int calls, double frechet, double millis, double cpu) {}

    public SpeedReport {
        floor = List.copyOf(floor);
        cells = List.copyOf(cells);
    }

    /** The cell of a sampler and a number of steps, if it is measured. */
    public Optional<Cell> find(String sampler, int steps) {
        return cells.stream().filter(cell -> cell.sampler().equals(sampler) && cell.steps() == steps).findFirst();
    }

    /** With one more, or another in its place. */
    public SpeedReport with(Cell cell) {
        List<Cell> more = new ArrayList<>(cells);
        more.removeIf(old -> old.sampler().equals(cell.sampler()) && old.steps() == cell.steps());
        more.add(cell);
        return new SpeedReport(setting, floor, more);
    }

    /** With these alone, in this order. */
    public SpeedReport of(List<Cell> chosen) {
        return new SpeedReport(setting, floor, chosen);
    }

    /** What a picture costs: milliseconds, on the CPU those of its processors. */
    public double cost(Cell cell) {
        return setting.onCpu() ? cell.cpu() : cell.millis();
    }

    /** The Pareto front, cheapest first: cells than which no other is both as cheap and nearer to real pictures. */
    public List<Cell> front() {
        List<Cell> byTime = cells.stream()
                .sorted(Comparator.comparingDouble(this::cost).thenComparingDouble(Cell::frechet)).toList();
        List<Cell> front = new ArrayList<>();
        for (Cell cell : byTime) {
            if (front.isEmpty() || cell.frechet() < front.get(front.size() - 1).frechet()) {
                front.add(cell);
            }
        }
        return front;
    }

    public double floorMean() {
        return Spread.mean(floor.stream().mapToDouble(Double::doubleValue).toArray());
    }

    /** A table for people; * marks the front. */
    public String table() {
        StringBuilder table = new StringBuilder();
        table.append(String.format(Locale.ROOT, "%s, %d pictures a cell, seed %d, on %s%n", setting.model(),
                setting.pictures(), setting.seed(), setting.machine()));
        table.append(String.format(Locale.ROOT, "C-FD to %s (test part), encoder %s (sha256 %.12s); %s%n",
                setting.data(), setting.encoder(), setting.encoderHash(), floorText()));
        table.append(String.format(Locale.ROOT, "%-16s  %5s  %5s  %9s  %10s  %10s%n", "sampler", "steps", "calls",
                "C-FD", "ms/picture", "of CPU"));
        List<Cell> front = front();
        for (Cell cell : cells) {
            table.append(String.format(Locale.ROOT, "%-16s  %5d  %5d  %9.3f  %10.2f  %10.2f%s%n", cell.sampler(),
                    cell.steps(), cell.calls(), cell.frechet(), cell.millis(), cell.cpu(),
                    front.contains(cell) ? " *" : ""));
        }
        return table.append("* on the Pareto front: none is both cheaper and nearer, by ")
                .append(setting.onCpu() ? "processor time" : "time").toString();
    }

    /** Such as "as many real ones reach 0.480 ± 0.060". */
    String floorText() {
        double[] draws = floor.stream().mapToDouble(Double::doubleValue).toArray();
        return String.format(Locale.ROOT, "as many real ones reach %.3f ± %.3f", Spread.mean(draws),
                Spread.deviation(draws));
    }

    /**
     * Writes the cells as CSV, a line each.
     *
     * @throws IOException if it cannot be written
     */
    public void writeCsv(Path file) throws IOException {
        StringBuilder csv = new StringBuilder(
                "sampler,steps,network_calls,c_fd,ms_per_picture,cpu_ms_per_picture,on_front\n");
        List<Cell> front = front();
        for (Cell cell : cells) {
            csv.append(cell.sampler()).append(',').append(cell.steps()).append(',').append(cell.calls()).append(',')
                    .append(cell.frechet()).append(',').append(cell.millis()).append(',').append(cell.cpu()).append(',')
                    .append(front.contains(cell)).append('\n');
        }
        AtomicFiles.writeText(file, csv.toString());
    }
}
