/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.store.changelog;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.quire.store.errors.StoreClosedException;
import io.quire.store.errors.StoreFailedException;
import io.quire.store.errors.StoreFullException;
import io.quire.store.memory.RawMemory;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ChangeLogTest {
    private static final long ARRAY = RawMemory.ARRAY_OFFSET;

    @TempDir
    Path directory;

    private static byte[] bytes(final int length, final long seed) {
        final byte[] bytes = new byte[length];
        new Random(seed).nextBytes(bytes);
        return bytes;
    }

    private static RecordedChange change(final int type, final int stateId, final byte[] key, final byte[] value) {
        return new RecordedChange((byte) type, stateId, key, value);
    }

    @Test
    void shouldWriteAPutOfALongAsItIsSpecified() {
        try (RingFixture fixture = new RingFixture(directory, 65536, 0)) {
            fixture.log.putLong(3, 0x0102030405060708L, -1L);

            final long record = fixture.ring.pointerOf(0);
            assertThat(RawMemory.getLong(record)).isEqualTo(0x0000_0001_0000_0020L);
            assertThat(RawMemory.getLong(record + 8)).isEqualTo(0x0000_0008_0000_0003L);
            assertThat(RawMemory.getLong(record + 16)).isEqualTo(0x0102030405060708L);
            assertThat(RawMemory.getLong(record + 24)).isEqualTo(-1L);
            assertThat(fixture.log.position()).isEqualTo(32);
        }
    }

    @Test
    void shouldHandOverEveryKindOfChange() {
        final byte[] key = bytes(13, 1);
        final byte[] value = bytes(101, 2);
        try (RingFixture fixture = new RingFixture(directory, 65536, 4096)) {
            fixture.log.createState(7, key, ARRAY, 13, value, ARRAY, 101);
            fixture.log.putLong(7, 1, 2);
            fixture.log.removeLong(7, 1);
            fixture.log.put(7, key, ARRAY, 13, value, ARRAY, 101);
            fixture.log.putLongBytes(7, 5, value, ARRAY + 1, 100);
            fixture.log.put(7, key, ARRAY, 0, value, ARRAY, 0);
            fixture.log.remove(7, key, ARRAY, 13);
            fixture.log.clearState(7);
            fixture.log.dropState(7, key, ARRAY, 13, value, ARRAY, 101);
            fixture.drain();

            assertThat(fixture.received)
                    .containsExactly(
                            change(4, 7, key, value),
                            change(1, 7, RecordedChange.longBytes(1), RecordedChange.longBytes(2)),
                            change(2, 7, RecordedChange.longBytes(1), new byte[0]),
                            change(1, 7, key, value),
                            change(1, 7, RecordedChange.longBytes(5), java.util.Arrays.copyOfRange(value, 1, 101)),
                            change(1, 7, new byte[0], new byte[0]),
                            change(2, 7, key, new byte[0]),
                            change(3, 7, new byte[0], new byte[0]),
                            change(5, 7, key, value));
            assertThat(fixture.assembler.groupCount()).isEqualTo(9);
            assertThat(fixture.assembler.groupEndPosition()).isEqualTo(fixture.log.position());
        }
    }

    @Test
    void shouldCopyKeysAndValuesOfEveryShortLength() {
        try (RingFixture fixture = new RingFixture(directory, 65536, 0)) {
            final List<RecordedChange> expected = new ArrayList<>();
            for (int length = 0; length <= 130; length++) {
                final byte[] key = bytes(length, length);
                final byte[] value = bytes(130 - length, -length);
                fixture.log.put(1, key, ARRAY, key.length, value, ARRAY, value.length);
                expected.add(change(1, 1, key, value));
                fixture.drain();
            }
            assertThat(fixture.received).isEqualTo(expected);
        }
    }

    @Test
    void shouldTakeBytesFromNativeMemory() {
        final long pointer = RawMemory.allocate(64);
        try (RingFixture fixture = new RingFixture(directory, 65536, 0)) {
            RawMemory.setMemory(pointer, 64, (byte) 9);
            fixture.log.put(1, null, pointer, 24, null, pointer, 64);
            fixture.drain();
            assertThat(fixture.received.get(0).key()).hasSize(24).containsOnly(9);
            assertThat(fixture.received.get(0).value()).hasSize(64).containsOnly(9);
        } finally {
            RawMemory.free(pointer);
        }
    }

    @Test
    void shouldPadTheEndOfTheRingForEveryRemainder() {
        for (int remainder = 8; remainder <= 256; remainder += 8) {
            try (RingFixture fixture = new RingFixture(directory, 65536, 65536L * 3 - remainder)) {
                final byte[] key = bytes(100, remainder);
                fixture.log.put(1, key, ARRAY, 100, key, ARRAY, 37);
                fixture.log.putLong(1, remainder, 2);
                fixture.drain();
                assertThat(fixture.received).hasSize(2);
                assertThat(fixture.received.get(0).key()).isEqualTo(key);
                final long pad = remainder < 160 ? remainder : 0;
                assertThat(fixture.log.position()).isEqualTo(65536L * 3 - remainder + pad + 160 + pad(remainder, 160));
            }
        }
    }

    private static long pad(final int remainder, final int used) {
        final int left = remainder - used;
        return 32 + (left > 0 && left < 32 ? left : 0);
    }

    @Test
    void shouldJoinRecordsThatAreLongerThanTheRing() {
        final byte[] key = bytes(20_000, 5);
        final byte[] value = bytes(1_000_003, 6);
        final Thread[] consumer = new Thread[1];
        try (RingFixture fixture = new RingFixture(directory, 65536, 40)) {
            consumer[0] = new Thread(() -> {
                while (fixture.received.size() < 3) {
                    if (!fixture.drain()) {
                        Thread.onSpinWait();
                    }
                }
            });
            consumer[0].start();
            fixture.log.put(1, key, ARRAY, key.length, value, ARRAY, value.length);
            fixture.log.putLongBytes(2, -5, value, ARRAY, 16384);
            fixture.log.putLong(3, 1, 1);
            join(consumer[0]);
            assertThat(fixture.received)
                    .containsExactly(
                            change(1, 1, key, value),
                            change(1, 2, RecordedChange.longBytes(-5), java.util.Arrays.copyOf(value, 16384)),
                            change(1, 3, RecordedChange.longBytes(1), RecordedChange.longBytes(1)));
            assertThat(fixture.assembler.groupCount()).isEqualTo(3);
            assertThat(fixture.log.stallCount()).isPositive();
            assertThat(fixture.log.stallNs()).isPositive();
        }
    }

    private static void join(final Thread thread) {
        try {
            thread.join();
        } catch (final InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    @Test
    void shouldCutRecordsExactlyAtTheLimit() {
        for (int valueLength = 16384 - 24 - 9; valueLength <= 16384 - 24 + 9; valueLength++) {
            try (RingFixture fixture = new RingFixture(directory, 65536, 8)) {
                final byte[] value = bytes(valueLength, valueLength);
                fixture.log.putLongBytes(1, 7, value, ARRAY, valueLength);
                fixture.log.put(2, value, ARRAY, 8, value, ARRAY, valueLength);
                fixture.drain();
                assertThat(fixture.received)
                        .containsExactly(
                                change(1, 1, RecordedChange.longBytes(7), value),
                                change(1, 2, java.util.Arrays.copyOf(value, 8), value));
            }
        }
    }

    @Test
    void shouldPublishAGroupAtOnceAndDeliverItWhole() {
        try (RingFixture fixture = new RingFixture(directory, 65536, 0)) {
            fixture.log.beginGroup();
            fixture.log.putLong(1, 1, 1);
            fixture.log.putLong(1, 2, 2);
            assertThat(fixture.log.position()).isZero();
            fixture.log.commitGroup();
            assertThat(fixture.log.position()).isEqualTo(64);
            fixture.drain();
            assertThat(fixture.received).hasSize(2);
            assertThat(fixture.assembler.groupCount()).isEqualTo(1);
        }
    }

    @Test
    void shouldLeaveNothingOfAnEmptyOrAbortedSmallGroup() {
        try (RingFixture fixture = new RingFixture(directory, 65536, 0)) {
            fixture.log.beginGroup();
            fixture.log.commitGroup();
            fixture.log.beginGroup();
            fixture.log.putLong(1, 1, 1);
            fixture.log.abortGroup();
            fixture.log.beginGroup();
            fixture.log.abortGroup();
            assertThat(fixture.log.position()).isZero();
            fixture.log.putLong(1, 9, 9);
            fixture.drain();
            assertThat(fixture.received)
                    .containsExactly(change(1, 1, RecordedChange.longBytes(9), RecordedChange.longBytes(9)));
        }
    }

    @Test
    void shouldAbortASmallGroupThatCrossedTheEndOfTheRing() {
        try (RingFixture fixture = new RingFixture(directory, 65536, 65536 - 40)) {
            fixture.log.beginGroup();
            fixture.log.putLong(1, 1, 1);
            fixture.log.putLong(1, 2, 2);
            fixture.log.abortGroup();
            assertThat(fixture.log.position()).isEqualTo(65536 - 40);
            fixture.log.putLong(1, 3, 3);
            fixture.log.putLong(1, 4, 4);
            fixture.drain();
            assertThat(fixture.received).hasSize(2);
        }
    }

    @Test
    void shouldDropAnAbortedGroupThatIsLongerThanTheRing() throws InterruptedException {
        try (RingFixture fixture = new RingFixture(directory, 65536, 0)) {
            final Thread consumer = new Thread(() -> {
                while (fixture.received.isEmpty()) {
                    fixture.drain();
                }
            });
            consumer.start();
            final byte[] value = bytes(30_000, 1);
            fixture.log.beginGroup();
            for (int i = 0; i < 10_000; i++) {
                fixture.log.putLong(1, i, i);
            }
            fixture.log.putLongBytes(1, 1, value, ARRAY, value.length);
            fixture.log.abortGroup();
            fixture.log.putLong(2, 1, 1);
            consumer.join();
            assertThat(fixture.received).hasSize(1);
            assertThat(fixture.assembler.abortedGroupCount()).isEqualTo(1);
        }
    }

    @Test
    void shouldDeliverACommittedGroupThatIsLongerThanTheRing() throws InterruptedException {
        try (RingFixture fixture = new RingFixture(directory, 65536, 0)) {
            final Thread consumer = new Thread(() -> {
                while (fixture.received.isEmpty()) {
                    fixture.drain();
                }
            });
            consumer.start();
            fixture.log.beginGroup();
            for (int i = 0; i < 10_000; i++) {
                fixture.log.putLong(1, i, i);
            }
            fixture.log.commitGroup();
            consumer.join();
            assertThat(fixture.received).hasSize(10_000);
            assertThat(fixture.assembler.groupCount()).isEqualTo(1);
        }
    }

    @Test
    void shouldRefuseAChangeOrGroupBeyondTheLimitWithoutATrace() {
        try (RingFixture fixture = new RingFixture(directory, 65536, 0)) {
            // Never dereferenced: the length is judged first.
            assertThatThrownBy(() -> fixture.log.put(1, null, 1, 8, null, 1, ChangeLog.MAX_GROUP_LENGTH))
                    .isInstanceOf(StoreFullException.class)
                    .hasMessageContaining("limit=268435456");
            assertThatThrownBy(() -> fixture.log.put(1, null, 1, Integer.MAX_VALUE, null, 1, Integer.MAX_VALUE))
                    .isInstanceOf(StoreFullException.class);
            assertThatThrownBy(() -> fixture.log.putLongBytes(1, 1, null, 1, Integer.MAX_VALUE))
                    .isInstanceOf(StoreFullException.class);
            assertThat(fixture.log.position()).isZero();
            fixture.log.putLong(1, 1, 1);
            fixture.drain();
            assertThat(fixture.received).hasSize(1);
        }
    }

    @Test
    void shouldThrowInsteadOfWaitingForAFailedConsumer() {
        try (RingFixture fixture = new RingFixture(directory, 65536, 0)) {
            fill(fixture);
            final IllegalStateException cause = new IllegalStateException("the disk is gone");
            final Thread failing = new Thread(() -> {
                awaitStall(fixture);
                fixture.failStop.trip(cause);
            });
            failing.start();
            final long before = fixture.log.position();
            assertThatThrownBy(() -> fixture.log.putLong(1, 1, 1))
                    .isInstanceOf(StoreFailedException.class)
                    .hasMessageContaining("the disk is gone")
                    .hasCause(cause);
            assertThat(fixture.log.position()).isEqualTo(before);
            assertThatThrownBy(() -> fixture.log.beginGroup()).isInstanceOf(StoreFailedException.class);
            join(failing);
        }
    }

    @Test
    void shouldThrowAtOnceAfterAFailureThoughThereIsRoom() {
        try (RingFixture fixture = new RingFixture(directory, 65536, 0)) {
            fixture.log.putLong(1, 1, 1);
            fixture.failStop.trip(new StoreClosedException("the store is closed"));
            assertThatThrownBy(() -> fixture.log.putLong(1, 1, 1)).isInstanceOf(StoreClosedException.class);
        }
    }

    @Test
    void shouldLeaveAnIncompleteGroupWhenTheConsumerDiesInTheMiddle() {
        try (RingFixture fixture = new RingFixture(directory, 65536, 0)) {
            final byte[] value = bytes(200_000, 3);
            final Thread failing = new Thread(() -> {
                awaitStall(fixture);
                fixture.failStop.trip(new IllegalStateException("gone"));
            });
            fixture.log.putLong(1, 1, 1);
            failing.start();
            assertThatThrownBy(() -> fixture.log.putLongBytes(1, 1, value, ARRAY, value.length))
                    .isInstanceOf(StoreFailedException.class);
            join(failing);
            fixture.drain();
            assertThat(fixture.received).hasSize(1);
            assertThat(fixture.assembler.isGroupOpen()).isTrue();
            assertThat(fixture.assembler.groupEndPosition()).isEqualTo(32);
        }
    }

    @Test
    void shouldWakeTheConsumerBeforeTheRingIsFull() {
        final int[] wakeCount = new int[1];
        try (RingFixture fixture = new RingFixture(directory, 65536, 0, () -> wakeCount[0]++)) {
            for (int i = 0; i < 65536 / 32; i++) {
                fixture.log.putLong(1, i, i);
            }
            assertThat(wakeCount[0]).isBetween(2, 4);
            assertThat(fixture.log.stallCount()).isZero();
        }
    }

    @Test
    void shouldRefuseNestedAndMissingGroups() {
        try (RingFixture fixture = new RingFixture(directory, 65536, 0)) {
            assertThatThrownBy(fixture.log::commitGroup).isInstanceOf(IllegalStateException.class);
            assertThatThrownBy(fixture.log::abortGroup).isInstanceOf(IllegalStateException.class);
            fixture.log.beginGroup();
            assertThat(fixture.log.isGroupOpen()).isTrue();
            assertThatThrownBy(fixture.log::beginGroup).isInstanceOf(IllegalStateException.class);
        }
    }

    private static void fill(final RingFixture fixture) {
        for (int i = 0; i < fixture.ring.capacity() / 32; i++) {
            fixture.log.putLong(1, i, i);
        }
    }

    private static void awaitStall(final RingFixture fixture) {
        while (fixture.log.stallCount() == 0) {
            Thread.yield();
        }
    }
}
