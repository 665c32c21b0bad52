/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.samples;

import static org.assertj.core.api.Assertions.assertThat;

import io.quire.checkpoint.DurableStateStore;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TopNTest {
    @Test
    void shouldRun() throws IOException {
        TopN.main();
    }

    @Test
    void shouldOrderByViewsAndThenByItem(@TempDir final Path directory) {
        try (DurableStateStore store = DurableStateStore.open(directory)) {
            final TopN top = new TopN(store);
            for (final int item : new int[] {3, 1, 2, 3, 2, 3, 4, 9}) {
                top.view("books", item);
            }
            top.view("music", 8);
            assertThat(top.top("books", 3)).containsExactly(Map.entry(3, 3L), Map.entry(2, 2L), Map.entry(1, 1L));
            assertThat(top.top("music", 3)).containsExactly(Map.entry(8, 1L));
            assertThat(top.top("films", 3)).isEmpty();
        }
    }
}
