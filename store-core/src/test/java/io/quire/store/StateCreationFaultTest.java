/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.quire.store.errors.CorruptStoreException;
import io.quire.store.errors.StoreFailedException;
import io.quire.store.memory.AnonymousMemory;
import io.quire.store.memory.PageCapture;
import io.quire.store.memory.PageDescriptor;
import io.quire.store.memory.PagedMemory;
import io.quire.store.memory.RawMemory;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Creating a state in a recovered store while, for every N, the N-th load of a page fails. */
class StateCreationFaultTest {
    private final Map<Integer, byte[]> images = new HashMap<>();
    private int pageCount;
    private int loadsLeft = Integer.MAX_VALUE;

    /** A store with free extents among its pages, which a new state will take. */
    private void build() {
        final PagedMemory memory = PagedMemory.create(new PagedMemory.Builder(new AnonymousMemory(20)).hashSeed(5));
        final StateStore store = new StateStore(memory);
        store.longLongState("kept").put(1, 1);
        final LongLongState cleared = store.longLongState("cleared");
        for (long i = 0; i < 30_000; i++) {
            cleared.put(i, i);
        }
        cleared.clear();
        final PageCapture capture = memory.seal();
        while (!capture.complete()) {
            capture.capture(1000, this::keep);
        }
        capture.end();
        pageCount = memory.pageLimit();
        store.close();
    }

    private void keep(final int page, final long mask, final long lines) {
        final byte[] image = images.computeIfAbsent(page, p -> new byte[PageDescriptor.PAGE_LENGTH]);
        long from = lines;
        for (int line = 0; line < PageDescriptor.LINES_PER_PAGE; line++) {
            if ((mask >>> line & 1) != 0) {
                RawMemory.copy(null, from, image, RawMemory.ARRAY_OFFSET + line * 64L, PageDescriptor.LINE_LENGTH);
                from += PageDescriptor.LINE_LENGTH;
            }
        }
    }

    private StateStore recover() {
        final PagedMemory memory = PagedMemory.recover(
                new PagedMemory.Builder(new AnonymousMemory(20)).hashSeed(5),
                (page, target) -> {
                    if (--loadsLeft < 0) {
                        throw new CorruptStoreException("planted in page " + page);
                    }
                    RawMemory.copy(
                            images.getOrDefault(page, new byte[PageDescriptor.PAGE_LENGTH]),
                            RawMemory.ARRAY_OFFSET,
                            null,
                            target,
                            PageDescriptor.PAGE_LENGTH);
                },
                pageCount);
        memory.hydrationRunLength(1);
        return new StateStore(memory);
    }

    @Test
    void shouldStopAfterAStateThatCouldNotBeCreatedWholeAndGoOnReading() {
        build();
        int failures = 0;
        boolean created = false;
        while (!created) {
            loadsLeft = Integer.MAX_VALUE;
            try (StateStore store = recover()) {
                assertThat(store.longLongState("kept").get(1, 0)).isEqualTo(1);
                loadsLeft = failures;
                try {
                    store.longLongState("new");
                    created = true;
                } catch (final StoreFailedException e) {
                    failures++;
                    assertThat(e).hasMessageContaining("planted in page");
                    assertThat(store.failure()).isInstanceOf(CorruptStoreException.class);
                    assertThat(store.longLongState("kept").get(1, 0)).isEqualTo(1);
                    assertThatThrownBy(() -> store.longLongState("kept").put(1, 2))
                            .isInstanceOf(StoreFailedException.class);
                    assertThatThrownBy(() -> store.longLongState("new")).isInstanceOf(StoreFailedException.class);
                }
            }
        }
        assertThat(failures).isPositive();
    }
}
