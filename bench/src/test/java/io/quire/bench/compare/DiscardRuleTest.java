/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.bench.compare;

import static org.assertj.core.api.Assertions.assertThat;

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
