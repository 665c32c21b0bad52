/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.store.memory;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class PageDescriptorTest {
    @Test
    void shouldPinTheLayout() {
        assertThat(PageDescriptor.LINE_LENGTH).isEqualTo(64);
        assertThat(PageDescriptor.PAGE_LENGTH).isEqualTo(4096);
        assertThat(PageDescriptor.LINES_PER_PAGE).isEqualTo(64);
        assertThat(PageDescriptor.EXTENT_LENGTH).isEqualTo(65536);
        assertThat(PageDescriptor.PAGES_PER_EXTENT).isEqualTo(16);
        assertThat(WindowDescriptor.MAGIC_OFFSET).isEqualTo(0);
        assertThat(WindowDescriptor.WINDOW_INDEX_OFFSET).isEqualTo(8);
        assertThat(WindowDescriptor.FREE_COUNT_OFFSET).isEqualTo(12);
        assertThat(WindowDescriptor.USED_COUNT_OFFSET).isEqualTo(16);
        assertThat(WindowDescriptor.SEARCH_START_OFFSET).isEqualTo(20);
        assertThat(WindowDescriptor.rootSlotOffset(0)).isEqualTo(64);
        assertThat(WindowDescriptor.rootSlotOffset(7)).isEqualTo(120);
        assertThat(WindowDescriptor.HEADER_LENGTH).isEqualTo(128);
        assertThat(WindowDescriptor.kindOffset(0)).isEqualTo(4096);
    }

    @Test
    void shouldPinTheCodesOfExtentKinds() {
        final int[] codes = {0, 1, 2, 3, 4, 5, 6, 7};
        for (final ExtentKind kind : ExtentKind.values()) {
            assertThat((int) kind.code()).isEqualTo(codes[kind.ordinal()]);
            assertThat(ExtentKind.ofCode(kind.code())).isEqualTo(kind);
        }
        assertThat(ExtentKind.ofCode((byte) 8)).isNull();
        assertThat(ExtentKind.ofCode((byte) -1)).isNull();
    }

    @Test
    void shouldMaskExactlyTheLinesOfARange() {
        for (int offset = 0; offset < 4096; offset += 7) {
            for (int length = 1; offset + length <= 4096; length += 13) {
                long expected = 0;
                for (int line = offset / 64; line <= (offset + length - 1) / 64; line++) {
                    expected |= 1L << line;
                }
                assertThat(PageDescriptor.lineMask(offset, length)).isEqualTo(expected);
            }
        }
        for (long address = 0; address < 20_000; address += 8) {
            assertThat(PageDescriptor.lineBit(address)).isEqualTo(PageDescriptor.lineMask((int) address & 4095, 8));
        }
        assertThat(PageDescriptor.lineBit((1L << 42) + 4095)).isEqualTo(1L << 63);
        assertThat(PageDescriptor.lineMask(0, 4096)).isEqualTo(-1L);
        assertThat(PageDescriptor.lineMask(4095, 1)).isEqualTo(1L << 63);
    }
}
