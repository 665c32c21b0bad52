/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.bench.compare;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

class DiscardRuleTest {
    private static DiscardRule quietAt(final double probeNs) {
        final DiscardRule rule = new DiscardRule(2);
        for (int i = 0; i < 8; i++) {
            rule.addProbe(probeNs);
        }
        return rule;
    }

    @Test
    void shouldCallTheFastestQuarterQuiet() {
        final DiscardRule rule = new DiscardRule(0);
        for (final double probeNs : new double[] {300, 200, 900, 210, 800, 700, 600, 500, 1000, 220, 400, 950}) {
            rule.addProbe(probeNs);
        }

        assertThat(rule.quietNs()).isEqualTo(210);
    }

    @Test
    void shouldAcceptProbesUpToTheFactor() {
        assertThat(quietAt(200).disturbed(249, 250, 0.02)).isFalse();
    }

    @Test
    void shouldRejectASlowProbeBeforeOrAfter() {
        assertThat(quietAt(200).disturbed(251, 200, 0)).isTrue();
        assertThat(quietAt(200).disturbed(200, 251, 0)).isTrue();
    }

    @Test
    void shouldRejectStolenTime() {
        assertThat(quietAt(200).disturbed(200, 200, 0.03)).isTrue();
    }

    /** Probes of such a cell are at 200.5 and 201.25. */
    private static Cell attempt(final int attempt, final double probeNs, final boolean disturbed, final boolean kept) {
        final Cell cell = Cells.cell("quire", 1, 1, 40);
        return new Cell(cell.unit(), cell.place(), 1, 1, attempt, cell.sample(), probeNs, probeNs, 0, disturbed, kept);
    }

    @Test
    void shouldMarkAtTheEndWhatSeemedQuietBefore() {
        // The first probes were made while the machine was busy.
        final List<Cell> judged = quietAt(200).judgeAgain(List.of(attempt(1, 300, false, true)));

        assertThat(judged).containsExactly(attempt(1, 300, true, true));
    }

    @Test
    void shouldCountTheFirstAttemptThatIsQuietByTheFinalLevel() {
        final List<Cell> judged = quietAt(200)
                .judgeAgain(List.of(
                        attempt(1, 240, true, false), attempt(2, 201, true, false), attempt(3, 400, true, true)));

        assertThat(judged)
                .containsExactly(
                        attempt(1, 240, false, true), attempt(2, 201, false, false), attempt(3, 400, true, false));
    }

    @Test
    void shouldCountTheLastAttemptWhenNoneIsQuiet() {
        final List<Cell> judged =
                quietAt(200).judgeAgain(List.of(attempt(1, 300, true, false), attempt(2, 400, false, true)));

        assertThat(judged).containsExactly(attempt(1, 300, true, false), attempt(2, 400, true, true));
    }

    @Test
    void shouldRepeatOnlySoOften() {
        final DiscardRule rule = new DiscardRule(2);

        assertThat(rule.repeat(1)).isTrue();
        assertThat(rule.repeat(2)).isTrue();
        assertThat(rule.repeat(3)).isFalse();
    }

    @Test
    void shouldStateItsNumbers() {
        assertThat(new DiscardRule(5).text()).contains("at most 5 times", "1.25 x", "2 %");
    }
}
