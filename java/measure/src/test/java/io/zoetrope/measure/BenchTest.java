package io.zoetrope.measure;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.zoetrope.cuda.Device;
import io.zoetrope.cuda.DeviceChoice;
import io.zoetrope.tensor.Scope;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class BenchTest {
    private static final Bench.Settings QUICK = new Bench.Settings(2, 1, "abc");

    @TempDir
    private Path folder;
    private final List<String> failed = new ArrayList<>();
    private final Bench.Listener listener = new Bench.Listener() {
        @Override
        public void done(Results results, List<Results.Row> rows) {
        }

        @Override
        public void failed(String what, Throwable why) {
            failed.add(what + ": " + why.getMessage());
        }
    };

    /**
     * Every operation of the table at small size makes what it should; the products against sums in double precision.
     */
    @Test
    void everySmallCaseRuns() throws IOException {
        try (Device device = Device.open(DeviceChoice.CPU);
                Bench bench = new Bench(device, null, null, false, QUICK, listener)) {
            bench.calibrate();
            for (OperationCase each : OperationCase.all()) {
                if (each.priority() == 0) {
                    bench.operation(each);
                }
            }
            Results results = bench.results();
            assertThat(failed).isEmpty();
            assertThat(results.rows()).hasSize(11).allMatch(row -> row.ms() > 0 && row.arm().equals(Results.OURS));
            assertThat(results.calibration().gemmTflops()).isPositive();
            assertThat(ResultTable.heading(results)).contains("commit abc", "gemm, ");
            assertThat(ResultTable.of(results)).contains("| gemm, 256, 256, 256 | ").contains(" %");
            assertThat(Roofline.write(folder.resolve("roofline.png"), results)).isTrue();
            assertThat(folder.resolve("roofline.png")).isNotEmptyFile();
        }
    }

    @Test
    void aCaseIsGivenTheNumbersThatMakeItsOutput() {
        try (Device device = Device.open(DeviceChoice.CPU); Scope scope = Scope.open(device)) {
            Work work = Operations.prepare(scope, new OperationCase(0, "gemm", List.of(3, 5, 8)));
            work.run().run();
            float[] a = work.inputs().get(0).toFloats();
            float[] b = work.inputs().get(1).toFloats();
            float[] c = work.output().toFloats();
            for (int i = 0; i < 3; i++) {
                for (int j = 0; j < 5; j++) {
                    double sum = 0;
                    for (int k = 0; k < 8; k++) {
                        sum += (double) a[i * 8 + k] * b[j * 8 + k];
                    }
                    assertThat((double) c[i * 5 + j]).isCloseTo(sum, within(0.01 * Math.abs(sum) + 1e-3));
                }
            }
        }
    }

    @Test
    void goesOnWhereARunEnded() throws IOException {
        OperationCase one = new OperationCase(0, "gemm", List.of(16, 16, 16));
        Path file = folder.resolve("results.json");
        try (Device device = Device.open(DeviceChoice.CPU)) {
            try (Bench bench = new Bench(device, null, null, false, QUICK, listener)) {
                bench.operation(one);
                bench.results().write(file);
            }
            Results earlier = Results.read(file);
            try (Bench bench = new Bench(device, null, earlier, false, QUICK, listener)) {
                bench.operation(one);
                bench.operation(new OperationCase(0, "gemm", List.of(16, 16, 32)));
                assertThat(bench.results().rows()).hasSize(2);
                assertThat(bench.results().rows().get(0)).isEqualTo(earlier.rows().get(0));
            }
        }
    }

    @Test
    void aCaseThatFailsIsNamedAndTheOthersGoOn() throws IOException {
        try (Device device = Device.open(DeviceChoice.CPU);
                Bench bench = new Bench(device, null, null, false, QUICK, listener)) {
            bench.operation(new OperationCase(0, "knitting", List.of(1)));
            bench.operation(new OperationCase(0, "gemm", List.of(16, 16, 16)));
            assertThat(failed).singleElement().asString().contains("knitting", "none that can be measured");
            assertThat(bench.results().rows()).hasSize(1);
        }
    }

    @Test
    void anotherProcessTakesTurns() throws IOException {
        Path script = folder.resolve("peer.sh");
        Files.writeString(script, """
                echo '{"versions": "stand-in 1"}'
                read order
                echo '{"arms": [{"arm": "other", "how": "by hand", "deviation": 0.5}]}'
                while read order; do
                    case $order in
                    *'"order":"round"'*) echo '{"ms": 2.5}' ;;
                    *) echo '{"failed": "asked '"'$order'"'"}' ;;
                    esac
                done
                """);
        Peer peer = new Peer(List.of("sh", script.toString()), folder.resolve("data"));
        try (Device device = Device.open(DeviceChoice.CPU);
                Bench bench = new Bench(device, peer, null, false, QUICK, listener)) {
            bench.operation(new OperationCase(0, "gemm", List.of(16, 16, 32)));
            Results.Row row = bench.results().find("gemm, 16, 16, 32", "other").orElseThrow();
            assertThat(row.ms()).isEqualTo(2.5);
            assertThat(row.deviation()).isEqualTo(0.5);
            assertThat(row.how()).isEqualTo("by hand");
            assertThat(bench.results().machine().peers()).isEqualTo("stand-in 1");
            assertThat(folder.resolve("data/input-1")).hasSize(16 * 32 * 2);
            assertThat(ResultTable.of(bench.results())).contains("other (by hand) 2.50");
        }
        assertThat(failed).isEmpty();
    }
}
