/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.samples;

import static org.assertj.core.api.Assertions.assertThat;

import io.quire.checkpoint.DurableStateStore;
import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FraudAlertsTest {
    private static final long SMALL = FraudAlerts.SMALL_CENTS - 1;
    private static final long LARGE = FraudAlerts.LARGE_CENTS + 1;
    private static final long MINUTE = FraudAlerts.MINUTE_MS;

    @Test
    void shouldRun() throws IOException {
        FraudAlerts.main();
    }

    @Test
    void shouldAlertWhenALargeChargeFollowsASmallOneWithinAMinuteAlsoAfterARestart(@TempDir final Path directory) {
        try (DurableStateStore store = DurableStateStore.open(directory)) {
            final FraudAlerts fraud = new FraudAlerts(store);
            fraud.charge(1, SMALL, 0);
            fraud.charge(2, SMALL, 0);
            fraud.charge(3, SMALL, 1);
            fraud.charge(4, LARGE, 1);
            fraud.charge(3, 5_000, 2); // clears the flag
            assertThat(fraud.flagged()).isEqualTo(2);
            assertThat(fraud.waiting()).isEqualTo(2);
        }
        try (DurableStateStore store = DurableStateStore.open(directory)) {
            final FraudAlerts fraud = new FraudAlerts(store);
            fraud.charge(1, LARGE, MINUTE - 1);
            fraud.charge(3, LARGE, MINUTE - 1);
            fraud.charge(2, LARGE, MINUTE); // its timer has cleared the flag
            assertThat(fraud.alertsOf(1)).isEqualTo(1);
            assertThat(fraud.alertsOf(2)).isZero();
            assertThat(fraud.alertsOf(3)).isZero();
            assertThat(fraud.alertsOf(4)).isZero();
            assertThat(fraud.flagged()).isZero();
            assertThat(fraud.waiting()).isZero();
        }
    }

    @Test
    void shouldStartTheMinuteAnewWithEachSmallCharge(@TempDir final Path directory) {
        try (DurableStateStore store = DurableStateStore.open(directory)) {
            final FraudAlerts fraud = new FraudAlerts(store);
            fraud.charge(1, SMALL, 0);
            fraud.charge(1, SMALL, MINUTE / 2);
            assertThat(fraud.waiting()).isEqualTo(1);
            fraud.charge(1, LARGE, MINUTE + 1);
            assertThat(fraud.alertsOf(1)).isEqualTo(1);
            assertThat(fraud.waiting()).isZero();
        }
    }
}
