package io.zoetrope.metric;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.zoetrope.metric.SlotReport.Meaning;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

class SlotReportTest {
    private static Meaning meaning(Map<String, String> values, String... noPlace) {
        return new Meaning(values, noPlace.length == 0 ? Map.of() : Map.of("place", new TreeSet<>(Set.of(noPlace))));
    }

    @Test
    void slotsAreCountedAllSaidAndWhole() {
        SlotReport report = new SlotReport(List.of("subject", "place"));
        report.add("some", List.of(meaning(Map.of("subject", "fox", "place", "city")), // both found
                meaning(Map.of("subject", "owl")), // one found in excess
                meaning(Map.of("subject", "fox"), "city", "farm"), // one of two negations found
                meaning(Map.of())), // a negation found in excess
                List.of(meaning(Map.of("subject", "fox", "place", "city")),
                        meaning(Map.of("subject", "owl", "place", "city")), meaning(Map.of("subject", "owl"), "city"),
                        meaning(Map.of(), "farm")));
        SlotReport.Row row = report.rows().get(0);
        assertThat(row.prompts()).isEqualTo(4);
        assertThat(row.right()).isEqualTo(6.0 / 8);
        assertThat(row.said()).isEqualTo(3.0 / 4);
        assertThat(row.whole()).isEqualTo(1.0 / 4);
        assertThat(row.negations()).isEqualTo(2);
        assertThat(row.understood()).isEqualTo(1.0 / 2);
        assertThat(row.ofSlot()).isEqualTo(Map.of("subject", 3.0 / 4, "place", 3.0 / 4));
        assertThat(report.table()).contains("some").contains("0.750").contains("0.500");
        assertThat(report.json().toString()).contains("\"slots_right\":0.75", "\"negations_right\":0.5",
                "\"place_right\":0.75");
    }

    @Test
    void nothingIsNotMeasured() {
        SlotReport report = new SlotReport(List.of("subject"));
        assertThatThrownBy(() -> report.add("none", List.of(), List.of())).hasMessageContaining("0 labelled prompts");
        assertThatThrownBy(() -> report.add("odd", List.of(meaning(Map.of())), List.of()))
                .hasMessageContaining("1 labelled prompts and 0");
    }
}
