/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.quire.store.errors.StoreFailedException;
import io.quire.store.memory.ExtentKind;
import io.quire.store.memory.PageCapture;
import io.quire.store.memory.PageDescriptor;
import io.quire.store.memory.PagedMemory;
import io.quire.store.memory.StarvedPageLists;
import org.junit.jupiter.api.Test;

/** An error of the JVM in the middle of a change, which may be half done. */
class BrokenChangeTest {
    private static final int RUN_EXTENTS = 600;

    @Test
    void shouldStopTheStoreWhenAChangeFindsNoHeapToNoteItsPages() {
        final StarvedPageLists lists = new StarvedPageLists();
        try (StateStore store = new StateStore(lists.memory())) {
            final LongLongState longs = store.longLongState("longs");
            longs.put(1, 1);
            final PagedMemory memory = store.memory();
            final long first = memory.allocateRun(ExtentKind.LARGE_RECORD, RUN_EXTENTS);
            final long second = memory.allocateRun(ExtentKind.LARGE_RECORD, RUN_EXTENTS);
            final PageCapture capture = memory.seal();
            while (!capture.complete()) {
                capture.capture(1_000, (page, mask, lines) -> {});
            }
            capture.end();
            lists.starve(true);
            final int pagesOfARun = RUN_EXTENTS * PageDescriptor.PAGES_PER_EXTENT;
            for (int page = 0; memory.dirtyPageCount() < StarvedPageLists.CHUNK_LENGTH; page++) {
                final long run = page < pagesOfARun ? first : second;
                memory.forWrite(run + PageDescriptor.addressOfPage(page % pagesOfARun), Long.BYTES);
            }
            assertThat(store.failure()).isNull();
            assertThatThrownBy(() -> longs.put(1, 2)).isInstanceOf(OutOfMemoryError.class);
            lists.starve(false);
            assertThat(store.failure()).isInstanceOf(OutOfMemoryError.class).hasMessage("planted");
            assertThatThrownBy(() -> longs.put(1, 3)).isInstanceOf(StoreFailedException.class);
        }
    }
}
