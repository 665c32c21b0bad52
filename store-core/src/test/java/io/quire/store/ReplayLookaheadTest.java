/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.quire.store.changelog.ChangeRecordDescriptor;
import io.quire.store.errors.CorruptStoreException;
import io.quire.store.memory.AnonymousMemory;
import io.quire.store.memory.PageCapture;
import io.quire.store.memory.PageDescriptor;
import io.quire.store.memory.PagedMemory;
import io.quire.store.memory.RawMemory;
import java.util.HashMap;
import java.util.Map;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Records announced to a replay on a recovered store whose pages are cold. */
class ReplayLookaheadTest {
    private static final int ENTRY_COUNT = 30_000;
    private static final int FIXED_KEY_LENGTH = 12;
    private static final int LONGEST = 64;

    private final Map<Integer, byte[]> images = new HashMap<>();
    private final long keys = RawMemory.allocate((long) ReplayLookahead.RECORDS_MAX * LONGEST);
    private final long value = RawMemory.allocate(LONGEST);
    private int pageCount;
    private boolean failing;
    private StateStore store;
    private StateReplay replay;

    @BeforeEach
    void recover() {
        build();
        final PagedMemory memory = PagedMemory.recover(
                new PagedMemory.Builder(new AnonymousMemory(20)).hashSeed(5), this::load, pageCount);
        memory.hydrationRunLength(1);
        store = new StateStore(memory);
        replay = new StateReplay(store);
        RawMemory.setMemory(value, LONGEST, (byte) 7);
    }

    @AfterEach
    void close() {
        store.close();
        RawMemory.free(keys);
        RawMemory.free(value);
    }

    private void build() {
        final PagedMemory memory = PagedMemory.create(new PagedMemory.Builder(new AnonymousMemory(20)).hashSeed(5));
        final StateStore built = new StateStore(memory);
        final LongLongState longs = built.longLongState("LongLong");
        final LongDoubleState doubles = built.longDoubleState("LongDouble");
        final LongSetState set = built.longSetState("LongSet");
        final LongBytesState bytes = built.longBytesState("LongBytes");
        final FixedBytesState fixed = built.fixedBytesState("FixedBytes", FIXED_KEY_LENGTH, Long.BYTES);
        final UnsafeBuffer buffer = new UnsafeBuffer(new byte[LONGEST]);
        for (long i = 0; i < ENTRY_COUNT; i++) {
            longs.put(i, i);
            doubles.put(i, i);
            set.add(i);
            bytes.put(i, buffer, 0, Long.BYTES);
            buffer.putLong(0, i);
            fixed.put(buffer, 0, buffer, 0);
            buffer.putLong(0, 0);
        }
        final PageCapture capture = memory.seal();
        while (!capture.complete()) {
            capture.capture(1000, this::keep);
        }
        capture.end();
        pageCount = memory.pageLimit();
        built.close();
    }

    private void keep(final int page, final long mask, final long lines) {
        final byte[] image = images.computeIfAbsent(page, any -> new byte[PageDescriptor.PAGE_LENGTH]);
        long from = lines;
        for (int line = 0; line < PageDescriptor.LINES_PER_PAGE; line++) {
            if ((mask >>> line & 1) != 0) {
                RawMemory.copy(null, from, image, RawMemory.ARRAY_OFFSET + line * 64L, PageDescriptor.LINE_LENGTH);
                from += PageDescriptor.LINE_LENGTH;
            }
        }
    }

    private void load(final int page, final long target) {
        if (failing) {
            throw new CorruptStoreException("planted in page " + page);
        }
        final byte[] image = images.getOrDefault(page, new byte[PageDescriptor.PAGE_LENGTH]);
        RawMemory.copy(image, RawMemory.ARRAY_OFFSET, null, target, PageDescriptor.PAGE_LENGTH);
    }

    /** Announces as many records as go together, of keys spread over the state. */
    private void announce(final int stateId, final int keyLength) {
        for (int i = 0; i < ReplayLookahead.RECORDS_MAX; i++) {
            final long key = keys + (long) i * LONGEST;
            RawMemory.setMemory(key, LONGEST, (byte) 0);
            RawMemory.putLong(key, i * 900L);
            replay.onUpcoming(stateId, key, keyLength);
        }
        replay.onUpcomingEnd();
    }

    private void apply(final int stateId, final int index, final int keyLength, final int valueLength) {
        final long key = keys + (long) index * LONGEST;
        replay.onRecord(ChangeRecordDescriptor.TYPE_PUT, stateId, key, keyLength, value, valueLength);
    }

    private int stateId(final String name) {
        return store.registry().states().stream()
                .filter(state -> state.name().equals(name))
                .findFirst()
                .orElseThrow()
                .id;
    }

    @ParameterizedTest
    @CsvSource({"LongLong,8,8", "LongDouble,8,8", "LongSet,8,0", "LongBytes,8,8", "FixedBytes,12,8"})
    void shouldLoadWhatTheRecordsAnnouncedWillTouch(final String name, final int keyLength, final int valueLength) {
        final int id = stateId(name);
        final long before = store.memory().coldTouchCount();
        announce(id, keyLength);
        final long announced = store.memory().coldTouchCount();
        assertThat(announced - before).as("pages loaded ahead").isGreaterThan(ReplayLookahead.RECORDS_MAX / 2);
        for (int i = 0; i < ReplayLookahead.RECORDS_MAX; i++) {
            apply(id, i, keyLength, valueLength);
        }
        // An entry that goes on in the next page, or stands there, is found only now.
        assertThat(store.memory().coldTouchCount() - announced)
                .as("pages loaded when records are applied")
                .isLessThan(ReplayLookahead.RECORDS_MAX / 8);
    }

    @ParameterizedTest
    @CsvSource({"LongLong,7", "LongLong,0", "LongDouble,9", "LongSet,4", "LongBytes,3", "FixedBytes,8", "FixedBytes,9"})
    void shouldLeaveRecordsOfTheWrongWidthToBeRefusedWhenTheyAreApplied(final String name, final int keyLength) {
        final int id = stateId(name);
        final int valueLength = name.equals("LongSet") ? 0 : Long.BYTES;
        assertThatCode(() -> announce(id, keyLength)).doesNotThrowAnyException();
        if (!name.equals("LongBytes")) { // which takes what it finds as the bytes of a key
            assertThatThrownBy(() -> apply(id, 1, keyLength, valueLength)).isInstanceOf(CorruptStoreException.class);
        }
    }

    @ParameterizedTest
    @CsvSource({"LongLong,8,8", "LongBytes,8,8", "FixedBytes,12,8"})
    void shouldLeavePagesThatCannotBeLoadedToTheRecordsThatNeedThem(
            final String name, final int keyLength, final int valueLength) {
        final int id = stateId(name);
        failing = true;
        assertThatCode(() -> announce(id, keyLength)).doesNotThrowAnyException();
        assertThatThrownBy(() -> apply(id, 1, keyLength, valueLength))
                .isInstanceOf(CorruptStoreException.class)
                .hasMessageContaining("planted");
        failing = false;
        announce(id, keyLength);
        apply(id, 1, keyLength, valueLength);
        assertThat(store.registry().ofId(id).statistics().entryCount()).isEqualTo(ENTRY_COUNT);
    }
}
