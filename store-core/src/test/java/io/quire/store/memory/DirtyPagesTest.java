/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.store.memory;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class DirtyPagesTest {
    private final StarvedPageLists lists = new StarvedPageLists();
    private final DirtyPages pages = new DirtyPages(lists);

    private void addUpTo(final int count) {
        while (pages.count() < count) {
            pages.add(pages.count());
        }
    }

    private void checkAll(final int count) {
        assertThat(pages.sorted()).isEqualTo(IntStream.range(0, count).toArray());
    }

    @Test
    void shouldNeedNoMemoryForHalfAChunkOncePrepared() {
        pages.prepare();
        addUpTo(DirtyPages.CHUNK_LENGTH / 2 + 1); // has the next chunk now
        lists.starve(true);
        addUpTo(2 * DirtyPages.CHUNK_LENGTH);
        lists.starve(false);
        checkAll(2 * DirtyPages.CHUNK_LENGTH);
    }

    @Test
    void shouldNeedNoMemoryForTheFirstPageOncePrepared() {
        pages.prepare();
        lists.starve(true);
        addUpTo(DirtyPages.CHUNK_LENGTH);
        assertThatThrownBy(() -> pages.add(0)).isInstanceOf(OutOfMemoryError.class);
        lists.starve(false);
        addUpTo(10 * DirtyPages.CHUNK_LENGTH); // more chunks than it has room for at first
        checkAll(10 * DirtyPages.CHUNK_LENGTH);
    }
}
