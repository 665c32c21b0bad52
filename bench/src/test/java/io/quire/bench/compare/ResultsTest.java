/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.bench.compare;

import static org.assertj.core.api.Assertions.assertThat;

import io.quire.bench.work.Work;
import java.util.List;
import org.junit.jupiter.api.Test;

class ResultsTest {
    @Test
    void shouldLeaveOutDiscardedCells() {
        final Results results =
                new Results(List.of(Cells.cell("quire", 1, 1, 900, true, false), Cells.cell("quire", 1, 1, 40)));

        assertThat(results.nsPerOperation(Cells.place("quire", Work.GET)).median())
                .isEqualTo(40);
    }

    @Test
    void shouldCountDisturbedCellsThatWereKept() {
        final Results results =
                new Results(List.of(Cells.cell("quire", 1, 1, 90, true, true), Cells.cell("quire", 1, 2, 40)));

        assertThat(results.disturbedCount(Cells.place("quire", Work.GET))).isEqualTo(1);
    }

    @Test
    void shouldTakeRatiosForkByFork() {
        // The machine was twice as slow during the second fork; the ratio was not.
        final Results results = new Results(List.of(
                Cells.cell("quire", 1, 1, 40),
                Cells.cell("floor", 1, 1, 20),
                Cells.cell("quire", 2, 1, 80),
                Cells.cell("floor", 2, 1, 40)));

        final Spread ratio = results.ratio(Cells.place("floor", Work.GET), "quire");

        assertThat(ratio).isEqualTo(new Spread(2, 0.5, 0.5, 0.5, 0.5, 0.5));
    }

    @Test
    void shouldHaveNoRatioWithoutACommonFork() {
        final Results results = new Results(List.of(Cells.cell("quire", 1, 1, 40), Cells.cell("floor", 2, 1, 20)));

        assertThat(results.ratio(Cells.place("floor", Work.GET), "quire")).isNull();
    }

    @Test
    void shouldPrintTheBaseFirstAndMarkDisturbedFigures() {
        final Results results =
                new Results(List.of(Cells.cell("floor", 1, 1, 20, true, true), Cells.cell("quire", 1, 1, 40)));

        final List<String> lines =
                new RatioTable(results, "quire").text().lines().toList();

        assertThat(lines).anyMatch(line -> line.contains("long -> long, 1,000 entries, uniform keys"));
        final int base = indexOf(lines, "quire ");
        assertThat(lines.get(base)).contains("1.00", "40.0 [40.0-40.0]").doesNotContain("*");
        assertThat(lines.get(base + 1)).startsWith("floor").contains("0.50", "20.0 [20.0-20.0]*");
    }

    private static int indexOf(final List<String> lines, final String start) {
        for (int i = 0; i < lines.size(); i++) {
            if (lines.get(i).startsWith(start)) {
                return i;
            }
        }
        throw new AssertionError("no line begins with " + start + ": " + lines);
    }

    @Test
    void shouldFindForksWhoseIterationsGoOneWay() {
        final Results results = new Results(List.of(
                Cells.cell("quire", 1, 1, 21),
                Cells.cell("quire", 1, 2, 9),
                Cells.cell("quire", 1, 3, 6),
                Cells.cell("quire", 2, 3, 13), // out of order, and slower
                Cells.cell("quire", 2, 2, 11),
                Cells.cell("quire", 2, 1, 10),
                Cells.cell("quire", 3, 1, 10), // up and down
                Cells.cell("quire", 3, 2, 30),
                Cells.cell("quire", 3, 3, 20),
                Cells.cell("quire", 4, 1, 10), // by less
                Cells.cell("quire", 4, 2, 11),
                Cells.cell("quire", 4, 3, 11.9),
                Cells.cell("quire", 5, 1, 10), // two do not make a trend
                Cells.cell("quire", 5, 2, 20)));

        assertThat(results.trendingForkCount(Cells.place("quire", Work.GET))).isEqualTo(2);
        assertThat(new RatioTable(results, "quire").text()).containsPattern("quire .*\\] ~");
    }

    @Test
    void shouldPrintTheRatiosOfForksAndTheShareOfDisturbedCells() {
        final Results results = new Results(List.of(
                Cells.cell("quire", 1, 1, 40),
                Cells.cell("floor", 1, 1, 20, true, true),
                Cells.cell("quire", 2, 1, 80),
                Cells.cell("floor", 2, 1, 60)));

        assertThat(new RatioTable(results, "quire").text())
                .contains("0.63 (0.50-0.75)  40.0 [30.0-50.0]*")
                .contains("disturbed cells kept: quire 0 of 2 (0 %), floor 1 of 2 (50 %)");
    }

    @Test
    void shouldPrintADashForWhatWasNotMeasured() {
        final Cell cell = Cells.cell("quire", 1, 1, 40);
        final Cell other =
                new Cell(cell.unit(), Cells.place("floor", Work.PUT), 1, 1, 1, cell.sample(), 200, 200, 0, false, true);

        assertThat(new RatioTable(new Results(List.of(cell, other)), "quire").text())
                .containsPattern("floor +- +- +40.0");
    }
}
