/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.store.memory;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.quire.store.errors.ConfigurationException;
import io.quire.store.errors.CorruptStoreException;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class UsedExtentsTest {
    private static final int WINDOW_SHIFT = 20;

    private final PagedMemory memory = PagedMemory.create(new PagedMemory.Builder(new AnonymousMemory(WINDOW_SHIFT)));
    private int damagedOffset = -1;

    @AfterEach
    void close() {
        memory.close();
    }

    private void load(final int page, final long target) {
        RawMemory.copy(memory.forRead(PageDescriptor.addressOfPage(page)), target, PageDescriptor.PAGE_LENGTH);
        if (damagedOffset >>> PageDescriptor.PAGE_SHIFT == page) {
            final long damaged = target + (damagedOffset & (PageDescriptor.PAGE_LENGTH - 1));
            RawMemory.putByte(damaged, (byte) (RawMemory.getByte(damaged) ^ 1));
        }
    }

    private UsedExtents read() {
        return UsedExtents.read(this::load, WINDOW_SHIFT, memory.pageLimit());
    }

    @Test
    void shouldTellTheSameAsTheMemory() {
        final long seed = Long.getLong("seed", System.nanoTime());
        final Random random = new Random(seed);
        final List<Long> taken = new ArrayList<>();
        for (int round = 0; round < 50; round++) {
            final int growth = random.nextInt(100);
            for (int i = 0; i < 20; i++) {
                if (taken.isEmpty() || random.nextInt(100) < growth) {
                    taken.add(memory.allocateRun(ExtentKind.LARGE_RECORD, 1 + random.nextInt(4)));
                } else {
                    memory.free(taken.remove(random.nextInt(taken.size())));
                }
            }
            final UsedExtents used = read();
            long usedPages = 0;
            for (int page = 0; page < memory.pageLimit(); page++) {
                final boolean expected = memory.kindOf(PageDescriptor.addressOfPage(page)) != ExtentKind.FREE;
                assertThat(used.isUsed(page)).as("seed=%d page=%d", seed, page).isEqualTo(expected);
                usedPages += expected ? 1 : 0;
            }
            assertThat(used.usedPageCount()).as("seed=%d", seed).isEqualTo(usedPages);
            assertThat(used.isUsed(memory.pageLimit())).as("not part of it").isTrue();
        }
    }

    @Test
    void shouldReadWindowsOfAnyLength() {
        for (final int shift : new int[] {20, 26, 28, 29, 30}) {
            try (PagedMemory other = PagedMemory.create(new PagedMemory.Builder(new AnonymousMemory(shift)))) {
                final long free = other.allocateExtent(ExtentKind.PAGES);
                other.allocateExtent(ExtentKind.PAGES);
                other.free(free);
                final UsedExtents used = UsedExtents.read(
                        (page, target) -> RawMemory.copy(
                                other.forRead(PageDescriptor.addressOfPage(page)), target, PageDescriptor.PAGE_LENGTH),
                        shift,
                        other.pageLimit());
                assertThat(used.usedPageCount()).isEqualTo(2L * PageDescriptor.PAGES_PER_EXTENT);
                assertThat(used.isUsed(PageDescriptor.pageOf(free))).isFalse();
            }
        }
    }

    @Test
    void shouldKnowNothingOfAnEmptyStore() {
        final UsedExtents none = UsedExtents.read(this::load, WINDOW_SHIFT, 0);
        assertThat(none.usedPageCount()).isZero();
        assertThat(none.isUsed(0)).isTrue();
    }

    @Test
    void shouldRefuseWhatIsNoExtentMap() {
        memory.allocateExtent(ExtentKind.PAGES);
        memory.free(memory.allocateExtent(ExtentKind.PAGES));
        final int[] offsets = {
            WindowDescriptor.MAGIC_OFFSET,
            WindowDescriptor.WINDOW_INDEX_OFFSET,
            WindowDescriptor.FREE_COUNT_OFFSET,
            WindowDescriptor.USED_COUNT_OFFSET + 3,
            WindowDescriptor.kindOffset(0),
            WindowDescriptor.kindOffset(2)
        };
        for (final int offset : offsets) {
            damagedOffset = offset;
            assertThatThrownBy(this::read).as("offset %d", offset).isInstanceOf(CorruptStoreException.class);
        }
        damagedOffset = -1;
        assertThat(read().usedPageCount()).isEqualTo(2L * PageDescriptor.PAGES_PER_EXTENT);
    }

    @Test
    void shouldRefuseALayoutThatNoStoreHas() {
        assertThatThrownBy(() -> UsedExtents.read(this::load, 19, 16)).isInstanceOf(ConfigurationException.class);
        assertThatThrownBy(() -> UsedExtents.read(this::load, 31, 16)).isInstanceOf(ConfigurationException.class);
        assertThatThrownBy(() -> UsedExtents.read(this::load, 20, -1)).isInstanceOf(ConfigurationException.class);
        assertThatThrownBy(() -> UsedExtents.read(this::load, 20, (1L << 31) + 1))
                .isInstanceOf(ConfigurationException.class);
    }

    @Test
    void shouldCountWhatIsGivenBack() {
        final long before = memory.freedExtentCount();
        memory.free(memory.allocateRun(ExtentKind.LARGE_RECORD, 3));
        memory.free(memory.allocateExtent(ExtentKind.PAGES));
        assertThat(memory.freedExtentCount()).isEqualTo(before + 4);
    }
}
