/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.store.changelog;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.quire.store.errors.CorruptStoreException;
import io.quire.store.memory.RawMemory;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class ChangeGroupAssemblerTest {
    private static final byte CONTINUES = ChangeRecordDescriptor.FLAG_GROUP_CONTINUES;
    private static final byte LAST = 0;

    private final long memory = RawMemory.allocate(1 << 20);
    private int length;
    private final List<RecordedChange> received = new ArrayList<>();
    private final List<Long> groupEnds = new ArrayList<>();
    private int unloggedCount;
    private ChangeGroupAssembler assembler = newAssembler();

    private ChangeGroupAssembler newAssembler() {
        return new ChangeGroupAssembler(new ChangeRecordHandler() {
            @Override
            public void onRecord(
                    final byte type,
                    final int stateId,
                    final long keyPointer,
                    final int keyLength,
                    final long valuePointer,
                    final int valueLength) {
                received.add(RecordedChange.of(type, stateId, keyPointer, keyLength, valuePointer, valueLength));
            }

            @Override
            public void onUnlogged() {
                unloggedCount++;
            }

            @Override
            public void onGroupEnd(final long position) {
                groupEnds.add(position);
            }
        });
    }

    @AfterEach
    void tearDown() {
        assembler.close();
        RawMemory.free(memory);
    }

    private ChangeGroupAssemblerTest record(
            final int recordLength, final int type, final int flags, final int keyLength) {
        final long record = memory + length;
        RawMemory.setMemory(record, ChangeRecordDescriptor.alignedLength(recordLength), (byte) 0);
        ChangeLog.putHeader(record, recordLength, (byte) type, (byte) flags, 5, keyLength);
        length += ChangeRecordDescriptor.alignedLength(recordLength);
        return this;
    }

    private void acceptAt(final long position) {
        assembler.accept(position, memory, length);
        length = 0;
    }

    @Test
    void shouldHoldAGroupBackUntilItsLastRecord() {
        record(16, 3, CONTINUES, 0).record(24, 2, CONTINUES, 8).acceptAt(80);
        assertThat(received).isEmpty();
        assertThat(assembler.isGroupOpen()).isTrue();
        assertThat(assembler.groupEndPosition()).isEqualTo(80);
        record(19, 1, LAST, 3).acceptAt(120);
        assertThat(received).hasSize(3);
        assertThat(assembler.isGroupOpen()).isFalse();
        assertThat(groupEnds).containsExactly(144L);
        assertThat(assembler.groupCount()).isEqualTo(1);
        assertThat(assembler.recordCount()).isEqualTo(3);
    }

    @Test
    void shouldCompleteAGroupWithACommitAndDropItWithAnAbort() {
        record(24, 2, CONTINUES, 8)
                .record(16, 6, LAST, 0)
                .record(24, 2, CONTINUES, 8)
                .record(16, 7, LAST, 0)
                .acceptAt(0);
        assertThat(received).hasSize(1);
        assertThat(groupEnds).containsExactly(40L, 80L);
        assertThat(assembler.abortedGroupCount()).isEqualTo(1);
        assertThat(assembler.groupEndPosition()).isEqualTo(80);
    }

    @Test
    void shouldLetPadsThroughInsideAndOutsideGroups() {
        record(8, 127, LAST, 0).acceptAt(0);
        assertThat(assembler.groupEndPosition()).isEqualTo(8);
        record(24, 2, CONTINUES, 8).record(40, 127, LAST, 0).acceptAt(8);
        assertThat(assembler.groupEndPosition()).isEqualTo(8);
        record(24, 2, LAST, 8).acceptAt(72);
        assertThat(received).hasSize(2);
        assertThat(groupEnds).containsExactly(96L);
    }

    @Test
    void shouldTellThatChangesAreMissingBetweenGroupsOnly() {
        record(24, 2, LAST, 8).record(16, 9, LAST, 0).record(24, 2, LAST, 8).acceptAt(0);
        assertThat(unloggedCount).isEqualTo(1);
        assertThat(received).hasSize(2);
        assertThat(groupEnds).containsExactly(24L, 40L, 64L);
        record(24, 2, CONTINUES, 8).record(16, 9, LAST, 0);
        assertThatThrownBy(() -> acceptAt(64)).isInstanceOf(CorruptStoreException.class);
        assembler.close();
        assembler = newAssembler();
        record(16, 9, CONTINUES, 0);
        assertThatThrownBy(() -> acceptAt(0)).isInstanceOf(CorruptStoreException.class);
        assertThat(unloggedCount).isEqualTo(1);
    }

    @Test
    void shouldRefuseRecordsThatDoNotFollow() {
        record(24, 2, LAST, 8).acceptAt(0);
        record(24, 2, LAST, 8);
        assertThatThrownBy(() -> acceptAt(32))
                .isInstanceOf(CorruptStoreException.class)
                .hasMessageContaining("expected position=24 found=32");
    }

    @Test
    void shouldRefuseMalformedHeaders() {
        final int[][] malformed = {
            {0, 1, 0, 0},
            {-8, 1, 0, 0},
            {7, 127, 0, 0},
            {8, 1, 0, 0},
            {15, 1, 0, 0},
            {16, 0, 0, 0},
            {16, 65, 0, 0},
            {16, 126, 0, 0},
            {16, -1, 0, 0},
            {16, 1, 2, 0},
            {16, 1, -128, 0},
            {16, 1, 0, 1},
            {16, 1, 0, -1},
            {24, 1, 0, 9},
            {25, 1, 0, 0},
            {Integer.MAX_VALUE, 1, 0, 0},
            {Integer.MAX_VALUE, 127, 0, 0}
        };
        for (final int[] fields : malformed) {
            RawMemory.setMemory(memory, 64, (byte) 0);
            ChangeLog.putHeader(memory, fields[0], (byte) fields[1], (byte) fields[2], 5, fields[3]);
            assertThat(ChangeGroupAssembler.alignedLengthOrInvalid(memory, 24))
                    .as("length=%d type=%d flags=%d key length=%d", fields[0], fields[1], fields[2], fields[3])
                    .isEqualTo(-1);
            assertThatThrownBy(() -> new ChangeGroupAssembler((type, state, key, keyLength, value, valueLength) -> {})
                            .accept(0, memory, 24))
                    .isInstanceOf(CorruptStoreException.class);
        }
        RawMemory.setMemory(memory, 64, (byte) 0);
        ChangeLog.putHeader(memory, 16, (byte) 1, (byte) 0, 5, 0);
        RawMemory.putShort(memory + 6, (short) 1);
        assertThat(ChangeGroupAssembler.alignedLengthOrInvalid(memory, 24)).isEqualTo(-1);
    }

    private void fragment(final int payloadLength, final int flags, final int joinedLength, final int joinedType) {
        final long record = memory + length;
        record(16 + payloadLength, 8, flags, 0);
        if (joinedLength != 0) {
            ChangeLog.putHeader(record + 16, joinedLength, (byte) joinedType, (byte) flags, 9, 0);
        }
    }

    @Test
    void shouldJoinFragments() {
        fragment(64, CONTINUES, 100, 1);
        fragment(36, LAST, 0, 0);
        acceptAt(0);
        assertThat(received).hasSize(1);
        assertThat(received.get(0).stateId()).isEqualTo(9);
        assertThat(received.get(0).value()).hasSize(84);
    }

    @Test
    void shouldDropAHalfRecordWithItsGroup() {
        fragment(64, CONTINUES, 100, 1);
        record(16, 7, LAST, 0).record(24, 2, LAST, 8).acceptAt(0);
        assertThat(received).hasSize(1);
        assertThat(assembler.abortedGroupCount()).isEqualTo(1);
    }

    @Test
    void shouldRefuseFragmentsThatFormNoRecord() {
        refuse(() -> {
            fragment(64, CONTINUES, 100, 1);
            record(24, 2, LAST, 8).acceptAt(0);
        });
        refuse(() -> {
            fragment(64, CONTINUES, 100, 1);
            record(16, 6, LAST, 0).acceptAt(0);
        });
        refuse(() -> {
            fragment(64, CONTINUES, 100, 1);
            fragment(40, LAST, 0, 0);
            acceptAt(0);
        });
        refuse(() -> {
            fragment(64, LAST, 100, 1);
            acceptAt(0);
        });
        refuse(() -> {
            fragment(8, LAST, 0, 0);
            acceptAt(0);
        });
        refuse(() -> {
            fragment(64, LAST, 64, 8);
            acceptAt(0);
        });
        refuse(() -> {
            fragment(64, LAST, 64, 127);
            acceptAt(0);
        });
        refuse(() -> {
            fragment(64, CONTINUES, ChangeRecordDescriptor.MAX_GROUP_LENGTH + 1, 1);
            acceptAt(0);
        });
        refuse(() -> {
            fragment(64, CONTINUES, 15, 1);
            acceptAt(0);
        });
    }

    private void refuse(final Runnable action) {
        length = 0;
        assertThatThrownBy(action::run)
                .isInstanceOf(CorruptStoreException.class)
                .hasMessageContaining("change log holds");
        assembler.close();
        assembler = newAssembler();
    }

    @Test
    void shouldSurviveRandomBytes() {
        final long seed = Long.getLong("seed", System.nanoTime());
        System.out.println(
                "seed=" + seed + " replay: mvn test -pl store-core -Dtest=ChangeGroupAssemblerTest -Dseed=" + seed);
        final Random random = new Random(seed);
        final byte[] bytes = new byte[512];
        for (int round = 0; round < 50_000; round++) {
            random.nextBytes(bytes);
            if (round % 2 == 0) {
                for (int i = 0; i < bytes.length; i += 24) { // plausible heads
                    bytes[i] = (byte) (8 + random.nextInt(60));
                    bytes[i + 1] = 0;
                    bytes[i + 2] = 0;
                    bytes[i + 3] = 0;
                    bytes[i + 4] = (byte) (1 + random.nextInt(9));
                    bytes[i + 5] = (byte) random.nextInt(2);
                }
            }
            RawMemory.copy(bytes, RawMemory.ARRAY_OFFSET, null, memory, bytes.length);
            try (ChangeGroupAssembler victim =
                    new ChangeGroupAssembler((type, state, key, keyLength, value, valueLength) -> {
                        assertThat(key + keyLength).isEqualTo(value);
                        assertThat(valueLength).isNotNegative();
                    })) {
                victim.accept(0, memory, bytes.length);
            } catch (final CorruptStoreException e) {
                assertThat(e).hasMessageContaining("change log");
            }
        }
    }

    @Test
    void shouldAnnounceChangesBeforeTheyComeAndNotManyAtOnce() {
        final List<String> events = new ArrayList<>();
        try (ChangeGroupAssembler announcing = new ChangeGroupAssembler(new ChangeRecordHandler() {
            @Override
            public void onUpcoming(final int stateId, final long keyPointer, final int keyLength) {
                events.add("upcoming " + RawMemory.getLong(keyPointer));
            }

            @Override
            public void onUpcomingEnd() {
                events.add("end");
            }

            @Override
            public void onRecord(
                    final byte type,
                    final int stateId,
                    final long keyPointer,
                    final int keyLength,
                    final long valuePointer,
                    final int valueLength) {
                events.add("record " + RawMemory.getLong(keyPointer));
            }
        })) {
            for (int i = 0; i < 101; i++) {
                final long key = memory + length + ChangeRecordDescriptor.KEY_OFFSET;
                record(24, i % 2 == 0 ? 1 : 2, i % 3 == 0 ? CONTINUES : LAST, 8);
                RawMemory.putLong(key, i);
                record(16, ChangeRecordDescriptor.TYPE_PAD, LAST, 0);
            }
            announcing.accept(0, memory, length);
        }
        for (int i = 0; i < 101; i++) {
            final int announced = events.indexOf("upcoming " + i);
            final int delivered = events.indexOf("record " + i);
            assertThat(announced).isNotNegative();
            assertThat(events.subList(announced, delivered)).contains("end");
            assertThat(events.subList(announced, delivered).size()).isLessThanOrEqualTo(2 * 32 + 2);
        }
        assertThat(events.stream().filter(event -> event.startsWith("record"))).hasSize(101);
    }
}
