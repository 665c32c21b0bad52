/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.quire.store.errors.ConfigurationException;
import io.quire.store.errors.StateMismatchException;
import io.quire.store.memory.PagedMemory;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import org.agrona.MutableDirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Changes of values in place, and what an updater may do to the record under it meanwhile. */
class BytesStateUpdateTest {
    private static final int FIELD_OFFSET = 16;
    private static final int VALUE_LENGTH = 100;

    private final StateStore store = new StateStore(PagedMemory.anonymous(7));
    private final BytesState state = store.bytesState("bytes");
    private final UnsafeBuffer key = keyOf(1);

    @AfterEach
    void close() {
        state.checkInvariants();
        store.close();
    }

    private static UnsafeBuffer keyOf(final long number) {
        final UnsafeBuffer key = new UnsafeBuffer(new byte[Long.BYTES]);
        key.putLong(0, number);
        return key;
    }

    private static UnsafeBuffer valueOf(final int length, final int content) {
        final byte[] value = new byte[length];
        Arrays.fill(value, (byte) content);
        return new UnsafeBuffer(value);
    }

    private void put(final UnsafeBuffer key, final int length, final int content) {
        state.put(key, 0, Long.BYTES, valueOf(length, content), 0, length);
    }

    private byte[] get(final UnsafeBuffer key) {
        final UnsafeBuffer view = new UnsafeBuffer(0, 0);
        assertThat(state.wrap(key, 0, Long.BYTES, view)).isTrue();
        final byte[] value = new byte[view.capacity()];
        view.getBytes(0, value);
        return value;
    }

    private boolean update(final ValueUpdater updater) {
        return state.update(key, 0, Long.BYTES, updater);
    }

    private static byte[] changed(final int length, final int content) {
        final byte[] value = new byte[length];
        Arrays.fill(value, (byte) content);
        value[0] = 9;
        return value;
    }

    @Test
    void shouldCopyValuesOfEveryShortLengthWhole() {
        for (int length = 0; length <= 600; length++) {
            final byte[] bytes = new byte[length + 2];
            for (int i = 0; i < length; i++) {
                bytes[i + 1] = (byte) (i * 31 + length);
            }
            for (int round = 0; round < 2; round++) { // once inserted, once in place
                state.put(key, 0, Long.BYTES, new UnsafeBuffer(bytes), 1, length);
                final UnsafeBuffer target = new UnsafeBuffer(new byte[length + 2]);
                assertThat(state.get(key, 0, Long.BYTES, target, 1)).isEqualTo(length);
                assertThat(target.byteArray()).isEqualTo(bytes);
                final UnsafeBuffer direct = new UnsafeBuffer(ByteBuffer.allocateDirect(length + 2));
                state.get(key, 0, Long.BYTES, direct, 1);
                assertThat(direct.compareTo(target)).isZero();
                bytes[Math.min(length, 1 + length / 2)] ^= (byte) (length == 0 ? 0 : 1);
            }
        }
    }

    @Test
    void shouldAddToAFieldInPlace() {
        put(key, VALUE_LENGTH, 0);
        assertThat(state.addAndGet(key, 0, Long.BYTES, FIELD_OFFSET, 5)).isEqualTo(5);
        assertThat(state.addAndGet(key, 0, Long.BYTES, FIELD_OFFSET, -7)).isEqualTo(-2);
        assertThat(state.addAndGet(key, 0, Long.BYTES, VALUE_LENGTH - Long.BYTES, 3))
                .isEqualTo(3); // not aligned
        final UnsafeBuffer expected = valueOf(VALUE_LENGTH, 0);
        expected.putLong(FIELD_OFFSET, -2);
        expected.putLong(VALUE_LENGTH - Long.BYTES, 3);
        assertThat(get(key)).isEqualTo(expected.byteArray());
    }

    @Test
    void shouldNeverShowAReaderAHalfWrittenField() throws InterruptedException {
        final int fieldOffset = 45; // in two lines
        final long step = 0x0101_0101_0101_0101L; // all bytes of the field are always alike
        put(key, VALUE_LENGTH, 0);
        final AtomicReference<String> wrong = new AtomicReference<>();
        final AtomicLong reads = new AtomicLong();
        final AtomicBoolean done = new AtomicBoolean();
        final Thread other = new Thread(() -> {
            try (StoreReader reader = store.reader()) {
                final BytesStateReader bytes = reader.bytesState("bytes");
                final UnsafeBuffer copy = new UnsafeBuffer(new byte[VALUE_LENGTH]);
                while (!done.get() && wrong.get() == null) {
                    bytes.get(key, 0, Long.BYTES, copy, 0);
                    final long found = copy.getLong(fieldOffset);
                    if (found != Long.rotateLeft(found, Byte.SIZE)) {
                        wrong.set(Long.toHexString(found));
                    }
                    reads.incrementAndGet();
                }
            }
        });
        other.start();
        for (int i = 0; reads.get() < 100_000 && wrong.get() == null && other.isAlive(); i++) {
            state.addAndGet(key, 0, Long.BYTES, fieldOffset, (i & 0x80) == 0 ? step : -step);
        }
        done.set(true);
        other.join();
        assertThat(wrong.get()).isNull();
        assertThat(reads.get()).isPositive();
    }

    @Test
    void shouldAddToAFieldOfAnAbsentKeyAsIfItWereZeros() {
        assertThat(state.addAndGet(key, 0, Long.BYTES, FIELD_OFFSET, 5)).isEqualTo(5);
        final UnsafeBuffer expected = valueOf(FIELD_OFFSET + Long.BYTES, 0);
        expected.putLong(FIELD_OFFSET, 5);
        assertThat(get(key)).isEqualTo(expected.byteArray());
        assertThat(state.addAndGet(keyOf(2), 0, Long.BYTES, 8_000, 6)).isEqualTo(6);
        assertThat(state.valueLength(keyOf(2), 0, Long.BYTES)).isEqualTo(8_008);
        assertThat(state.addAndGet(keyOf(3), 0, Long.BYTES, 0, 7)).isEqualTo(7);
        assertThat(state.addAndGet(keyOf(3), 0, Long.BYTES, 1)).isEqualTo(8);
        assertThat(state.addAndGet(keyOf(3), 0, Long.BYTES, 0, 1)).isEqualTo(9);
    }

    @Test
    void shouldRefuseAFieldThatTheValueDoesNotHave() {
        put(key, VALUE_LENGTH, 4);
        assertThatThrownBy(() -> state.addAndGet(key, 0, Long.BYTES, VALUE_LENGTH - 7, 1))
                .isInstanceOf(StateMismatchException.class)
                .hasMessageContaining("valueLength=100 fieldOffset=93");
        assertThatThrownBy(() -> state.addAndGet(key, 0, Long.BYTES, -1, 1))
                .isInstanceOf(IndexOutOfBoundsException.class);
        assertThatThrownBy(() -> update(value -> state.addAndGet(key, 0, Long.BYTES, 0, 1)))
                .isInstanceOf(ConfigurationException.class)
                .hasMessageContaining("an updater must not update");
        assertThat(get(key)).isEqualTo(valueOf(VALUE_LENGTH, 4).byteArray());
    }

    @Test
    void shouldTakeAnAdditionToAFieldBackWithItsBatch() {
        put(key, VALUE_LENGTH, 4);
        store.beginBatch();
        state.addAndGet(key, 0, Long.BYTES, FIELD_OFFSET, 1);
        state.addAndGet(keyOf(2), 0, Long.BYTES, FIELD_OFFSET, 1);
        store.rollbackBatch();
        assertThat(get(key)).isEqualTo(valueOf(VALUE_LENGTH, 4).byteArray());
        assertThat(state.containsKey(keyOf(2), 0, Long.BYTES)).isFalse();
    }

    @Test
    void shouldUpdateAValueThatItsUpdaterRemoves() {
        put(key, VALUE_LENGTH, 1);
        assertThat(update(value -> {
                    assertThat(state.remove(key, 0, Long.BYTES)).isTrue();
                    put(keyOf(2), VALUE_LENGTH, 2); // takes the place of the record that was removed
                    value.putByte(0, (byte) 9);
                }))
                .isTrue();
        assertThat(get(key)).isEqualTo(changed(VALUE_LENGTH, 1));
        assertThat(get(keyOf(2))).isEqualTo(valueOf(VALUE_LENGTH, 2).byteArray());
    }

    @Test
    void shouldUpdateAValueThatItsUpdaterReplaces() {
        for (final int length : new int[] {VALUE_LENGTH - 1, VALUE_LENGTH, 2_000, 70_000, 0}) {
            put(key, VALUE_LENGTH, 1);
            update(value -> {
                put(key, length, 3);
                value.putByte(0, (byte) 9);
            });
            assertThat(get(key)).isEqualTo(changed(VALUE_LENGTH, 1));
        }
    }

    @Test
    void shouldUpdateAValueWhoseRecordMovesMeanwhile() {
        final int count = 5_000;
        for (int i = 1; i <= count; i++) {
            put(keyOf(i), VALUE_LENGTH, i);
        }
        update(value -> {
            for (int i = 2; i <= count; i++) { // shrinks the heap, and with it the record moves
                state.remove(keyOf(i), 0, Long.BYTES);
            }
            value.putByte(0, (byte) 9);
        });
        assertThat(get(key)).isEqualTo(changed(VALUE_LENGTH, 1));
        assertThat(state.size()).isEqualTo(1);
        update(value -> {
            for (int i = 2; i <= 4 * count; i++) { // splits segments
                put(keyOf(i), VALUE_LENGTH, i);
            }
            value.putByte(0, (byte) 8);
        });
        assertThat(get(key)[0]).isEqualTo((byte) 8);
    }

    @Test
    void shouldUpdateAValueAfterTheStateWasClearedMeanwhile() {
        put(key, VALUE_LENGTH, 1);
        update(value -> {
            state.clear();
            put(keyOf(2), VALUE_LENGTH, 2);
            value.putByte(0, (byte) 9);
        });
        assertThat(get(key)).isEqualTo(changed(VALUE_LENGTH, 1));
        assertThat(get(keyOf(2))).isEqualTo(valueOf(VALUE_LENGTH, 2).byteArray());
    }

    @Test
    void shouldChangeNothingWhenAnUpdaterThrows() {
        put(key, VALUE_LENGTH, 1);
        assertThatThrownBy(() -> update(BytesStateUpdateTest::changeAndFail)).hasMessage("made to fail");
        assertThat(get(key)).isEqualTo(valueOf(VALUE_LENGTH, 1).byteArray());
    }

    private static void changeAndFail(final MutableDirectBuffer value) {
        value.putByte(0, (byte) 9);
        throw new IllegalStateException("made to fail");
    }

    @Test
    void shouldStayWithItsKeyWhateverTheUpdaterDoesToTheKeysBuffer() {
        put(key, VALUE_LENGTH, 1);
        put(keyOf(2), VALUE_LENGTH, 2);
        assertThat(state.update(key, 0, Long.BYTES, value -> {
                    value.putByte(0, (byte) 9);
                    key.putLong(0, 2); // other bytes where the key stood
                }))
                .isTrue();
        assertThat(get(keyOf(1))).isEqualTo(changed(VALUE_LENGTH, 1));
        assertThat(get(keyOf(2))).containsOnly(2);
        final UnsafeBuffer view = keyOf(2);
        store.beginBatch();
        assertThat(state.update(view, 0, Long.BYTES, value -> {
                    value.putByte(0, (byte) 9);
                    view.wrap(new byte[1]); // no room for the key any more
                }))
                .isTrue();
        assertThat(get(keyOf(2))).isEqualTo(changed(VALUE_LENGTH, 2));
        store.rollbackBatch();
        assertThat(get(keyOf(2))).containsOnly(2);
        assertThat(state.size()).isEqualTo(2);
    }

    @Test
    void shouldStayWithItsLongKeyWhateverTheUpdaterDoesToTheKeysBuffer() {
        final UnsafeBuffer longKey = valueOf(5_000, 3);
        state.put(longKey, 1, 4_000, valueOf(8, 1), 0, 8);
        assertThat(state.update(longKey, 1, 4_000, value -> {
                    value.putByte(0, (byte) 9);
                    longKey.setMemory(0, 5_000, (byte) 4);
                }))
                .isTrue();
        final UnsafeBuffer value = new UnsafeBuffer(0, 0);
        assertThat(state.wrap(valueOf(4_000, 3), 0, 4_000, value)).isTrue();
        assertThat(value.getByte(0)).isEqualTo((byte) 9);
        assertThat(state.size()).isEqualTo(1);
    }

    @Test
    void shouldStayWithItsKeyOfFixedLengthWhateverTheUpdaterDoesToTheKeysBuffer() {
        final FixedBytesState fixed = store.fixedBytesState("fixed", Long.BYTES, Long.BYTES);
        fixed.put(key, 0, keyOf(10), 0);
        assertThat(fixed.update(key, 0, value -> {
                    value.putLong(0, 11);
                    key.putLong(0, 2);
                }))
                .isTrue();
        assertThat(fixedValue(fixed, 1)).isEqualTo(11);
        assertThat(fixed.containsKey(keyOf(2), 0)).isFalse();
        final UnsafeBuffer view = keyOf(3);
        store.beginBatch();
        assertThat(fixed.insertOrUpdate(view, 0, value -> {
                    value.putLong(0, 12);
                    view.wrap(new byte[1]);
                }))
                .isFalse();
        assertThat(fixedValue(fixed, 3)).isEqualTo(12);
        store.rollbackBatch();
        assertThat(fixed.size()).isEqualTo(1);
        fixed.checkInvariants();
    }

    private static long fixedValue(final FixedBytesState fixed, final long number) {
        final UnsafeBuffer value = new UnsafeBuffer(new byte[Long.BYTES]);
        assertThat(fixed.get(keyOf(number), 0, value, 0)).isTrue();
        return value.getLong(0);
    }
}
