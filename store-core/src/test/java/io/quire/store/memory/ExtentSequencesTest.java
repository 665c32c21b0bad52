/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.store.memory;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class ExtentSequencesTest {
    @Test
    void shouldTellWhoReadsAnExtentThatItWasGivenBackAndThatItWasHandedOutAnew() {
        try (PagedMemory memory = PagedMemory.anonymous(1)) {
            final long run = memory.allocateRun(ExtentKind.LARGE_RECORD, 2);
            final long second = run + PageDescriptor.EXTENT_LENGTH;
            final long counter = memory.sequences().counter(run);
            final long secondCounter = memory.sequences().counter(second);
            final long allocated = ExtentSequences.read(counter);
            final long secondAllocated = ExtentSequences.read(secondCounter);
            assertThat(ExtentSequences.unchanged(counter, allocated)).isTrue();

            memory.free(run);

            final long freed = ExtentSequences.read(counter);
            assertThat(ExtentSequences.unchanged(counter, allocated)).isFalse();
            assertThat(ExtentSequences.unchanged(secondCounter, secondAllocated))
                    .isFalse();
            assertThat(ExtentSequences.isChanging(freed)).isFalse();

            assertThat(memory.allocateRun(ExtentKind.LARGE_RECORD, 2)).isEqualTo(run);
            assertThat(ExtentSequences.unchanged(counter, freed)).isFalse();
        }
    }

    @Test
    void shouldTellOfAChangeWhileItLastsAndAfterwards() {
        try (PagedMemory memory = PagedMemory.anonymous(1)) {
            final long extent = memory.allocateRun(ExtentKind.LARGE_RECORD, 1);
            final long counter = memory.sequences().counter(extent);
            final long before = ExtentSequences.read(counter);

            final long change = memory.sequences().begin(extent);
            assertThat(ExtentSequences.isChanging(ExtentSequences.read(counter)))
                    .isTrue();
            memory.sequences().end(change);

            assertThat(ExtentSequences.isChanging(ExtentSequences.read(counter)))
                    .isFalse();
            assertThat(ExtentSequences.unchanged(counter, before)).isFalse();
        }
    }
}
