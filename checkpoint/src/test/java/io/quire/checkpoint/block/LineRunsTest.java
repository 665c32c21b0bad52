/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.checkpoint.block;

import static org.assertj.core.api.Assertions.assertThat;

import io.quire.store.memory.PageDescriptor;
import io.quire.store.memory.RawMemory;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class LineRunsTest {
    private final long page = RawMemory.allocate(PageDescriptor.PAGE_LENGTH);
    private final long row = RawMemory.allocate(PageDescriptor.PAGE_LENGTH);
    private final long copy = RawMemory.allocate(PageDescriptor.PAGE_LENGTH);

    @AfterEach
    void freeMemory() {
        RawMemory.free(page);
        RawMemory.free(row);
        RawMemory.free(copy);
    }

    @Test
    void shouldGatherAndScatterExactlyTheLinesOfAMask() {
        final Random random = new Random(4);
        for (int round = 0; round < 5000; round++) {
            final long mask = PageImages.randomMask(random);
            final long wanted = mask & (random.nextInt(4) == 0 ? -1L : random.nextLong());
            for (int i = 0; i < PageDescriptor.PAGE_LENGTH; i += Long.BYTES) {
                RawMemory.putLong(page + i, random.nextLong());
                RawMemory.putLong(copy + i, 5);
            }
            LineRuns.gather(mask, page, row);
            LineRuns.scatter(mask, wanted, row, copy);
            for (int line = 0; line < PageDescriptor.LINES_PER_PAGE; line++) {
                final int offset = line * PageDescriptor.LINE_LENGTH;
                if ((wanted >>> line & 1) != 0) {
                    assertThat(RawMemory.equal(null, page + offset, copy + offset, PageDescriptor.LINE_LENGTH))
                            .isTrue();
                } else {
                    assertThat(RawMemory.getLong(copy + offset)).isEqualTo(5);
                    assertThat(RawMemory.getLong(copy + offset + 56)).isEqualTo(5);
                }
            }
            LineRuns.clear(wanted, copy);
            for (int line = 0; line < PageDescriptor.LINES_PER_PAGE; line++) {
                final long expected = (wanted >>> line & 1) != 0 ? 0 : 5;
                assertThat(RawMemory.getLong(copy + (long) line * PageDescriptor.LINE_LENGTH))
                        .isEqualTo(expected);
            }
        }
    }
}
