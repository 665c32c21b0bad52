/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.samples;

import static org.assertj.core.api.Assertions.assertThat;

import io.quire.checkpoint.DurableStateStore;
import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TransfersTest {
    @Test
    void shouldRun() throws IOException {
        Transfers.main();
    }

    @Test
    void shouldKeepTheSumOverRefusedTransfersAndRestarts(@TempDir final Path directory) {
        try (DurableStateStore store = DurableStateStore.open(directory)) {
            final Transfers transfers = new Transfers(store);
            transfers.openAccounts();
            assertThat(transfers.transfer(1, 2, 1_000)).isTrue();
            assertThat(transfers.transfer(1, 2, 1)).isFalse();
            assertThat(transfers.transfer(2, 2, 5)).isTrue();
            assertThat(transfers.transferCount()).isEqualTo(2);
        }
        try (DurableStateStore store = DurableStateStore.open(directory)) {
            final Transfers transfers = new Transfers(store);
            transfers.openAccounts();
            assertThat(transfers.transferCount()).isEqualTo(2);
            assertThat(transfers.sum()).isEqualTo(Transfers.ACCOUNTS * Transfers.OPENING_BALANCE);
        }
    }
}
