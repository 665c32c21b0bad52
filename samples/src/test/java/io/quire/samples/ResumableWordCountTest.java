/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.samples;

import static org.assertj.core.api.Assertions.assertThat;

import io.quire.checkpoint.DurableStateStore;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ResumableWordCountTest {
    @Test
    void shouldRun() throws IOException {
        ResumableWordCount.main();
    }

    @Test
    void shouldCountEveryLineOnceOverManyRuns(@TempDir final Path directory) {
        final List<String> lines = List.of("a b", "b c", "c d c", "a");
        for (int run = 0; run < 6; run++) {
            try (DurableStateStore store = DurableStateStore.open(directory)) {
                assertThat(new ResumableWordCount(store).count(lines, 1)).isEqualTo(run < 4 ? 1 : 0);
            }
        }
        try (DurableStateStore store = DurableStateStore.open(directory)) {
            assertThat(new ResumableWordCount(store).counts()).isEqualTo(Map.of("a", 2L, "b", 2L, "c", 3L, "d", 1L));
        }
    }
}
