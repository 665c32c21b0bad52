/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.checkpoint.log;

import static org.assertj.core.api.Assertions.assertThat;

import io.quire.store.changelog.ChangeRing;
import io.quire.store.changelog.SurvivingRing;
import io.quire.store.changelog.SurvivingRing.Status;
import io.quire.store.memory.RawMemory;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Files that version 1 of the formats has written must be read for ever, and version 1 must go on writing the same. */
class LogGoldenFileTest {
    private static final int RING_HEAD_LENGTH = 4096 + 64;

    @TempDir
    Path root;

    private static byte[] golden(final String name) throws IOException {
        try (InputStream in = LogGoldenFileTest.class.getResourceAsStream("/formats/" + name)) {
            return in.readAllBytes();
        }
    }

    /** A log of two segments, the first with changes of every type, the second with what was left in the ring. */
    private LogFixture write(final boolean isCompressed) {
        final LogFixture fixture = new LogFixture(root);
        fixture.files = new SimulatedFiles(1);
        fixture.settings = fixture.settings.withPreallocationLength(0).withCompressed(isCompressed);
        fixture.open();
        final byte[] name = {'n', 'a', 'm', 'e'};
        final byte[] value = new byte[300];
        Arrays.fill(value, (byte) 'v');
        fixture.log.createState(1, name, RawMemory.ARRAY_OFFSET, 4, value, RawMemory.ARRAY_OFFSET, 13);
        fixture.log.putLong(1, 42, -42);
        fixture.agent.doWork();
        fixture.log.beginGroup();
        fixture.log.put(2, name, RawMemory.ARRAY_OFFSET, 3, value, RawMemory.ARRAY_OFFSET, 300);
        fixture.log.remove(2, name, RawMemory.ARRAY_OFFSET, 4);
        fixture.log.commitGroup();
        fixture.log.clearState(1);
        fixture.log.dropState(2, name, RawMemory.ARRAY_OFFSET, 4, value, RawMemory.ARRAY_OFFSET, 16);
        fixture.agent.doWork();
        fixture.put(7, new byte[17_000]); // fragments
        fixture.agent.durableFuture(fixture.log.position());
        fixture.agent.doWork();
        fixture.log.putLong(1, 43, -43);
        fixture.kill();
        beginSecondSegment(fixture);
        return fixture;
    }

    /** With what is in the ring, and as if the first was not known to be durable: recovery would copy it. */
    private static void beginSecondSegment(final LogFixture fixture) {
        try (LogReader reader =
                        new LogReader(fixture.files, fixture.directory, LogFixture.STORE_ID, fixture.bootIdHash, 0);
                SurvivingRing ring = SurvivingRing.read(fixture.ringPath, LogFixture.STORE_ID, fixture.bootIdHash)) {
            int blockCount = 0;
            while (reader.next()) {
                blockCount++;
            }
            assertThat(blockCount).isGreaterThan(2);
            final long incarnation = LogIdentity.next(ring.incarnation(), fixture.incarnationBits++);
            final LogIdentity identity = new LogIdentity(LogFixture.STORE_ID, incarnation, fixture.bootIdHash);
            final long end = reader.position();
            final LogWriter writer = new LogWriter(
                    fixture.files,
                    fixture.directory,
                    identity,
                    fixture.settings,
                    new LogSegmentHeader(identity, end, reader.chainChecksum(), false),
                    reader.durablePosition());
            assertThat(writer.append(ring.pointerOf(end), (int) (ring.tail() - end)))
                    .isEqualTo(32);
            writer.publish();
            fixture.writer = writer;
        }
        fixture.start();
    }

    private static void check(final List<Change> changes) {
        assertThat(changes.stream().map(Change::type).toList())
                .containsExactly((byte) 4, (byte) 1, (byte) 1, (byte) 2, (byte) 3, (byte) 5, (byte) 1, (byte) 1);
        assertThat(changes.get(1)).isEqualTo(Change.putLong(1, 42, -42));
        assertThat(changes.get(2).value()).hasSize(300).containsOnly('v');
        assertThat(changes.get(6).value()).hasSize(17_000).containsOnly(0);
        assertThat(changes.get(7)).isEqualTo(Change.putLong(1, 43, -43));
    }

    private List<Path> segmentsAfterShutdown(final LogFixture fixture) {
        fixture.shutDown();
        return fixture.segments();
    }

    @Test
    void shouldWriteVersion1() throws IOException {
        final LogFixture fixture = write(false);
        final List<Path> segments = segmentsAfterShutdown(fixture);
        assertThat(segments).hasSize(2);
        for (int i = 0; i < 2; i++) {
            final byte[] found = ((SimulatedFiles) fixture.files).content(segments.get(i));
            assertThat(found).isEqualTo(golden(name(i, false)));
        }
    }

    @Test
    void shouldReadVersion1() throws IOException {
        for (final boolean isCompressed : new boolean[] {false, true}) {
            final LogFixture fixture = write(isCompressed);
            final List<Path> segments = segmentsAfterShutdown(fixture);
            for (int i = 0; i < 2; i++) {
                ((SimulatedFiles) fixture.files).setContent(segments.get(i), golden(name(i, isCompressed)));
            }
            fixture.replay().close();
            check(fixture.replayed);
            assertThat(fixture.report.isSealed()).isTrue();
        }
    }

    private static String name(final int index, final boolean isCompressed) {
        return "log-segment-1.0-" + index + (isCompressed ? "-lz4" : "-raw") + ".bin";
    }

    @Test
    void shouldReadAndWriteTheRingOfVersion1() throws IOException {
        final byte[] golden = golden("log-ring-1.0.bin");
        final LogFixture fixture = new LogFixture(root).open();
        fixture.log.putLong(1, 42, -42);
        fixture.log.removeLong(1, 42);
        fixture.kill();
        assertThat(Arrays.copyOf(Files.readAllBytes(fixture.ringPath), RING_HEAD_LENGTH))
                .isEqualTo(golden);
        Files.write(fixture.ringPath, Arrays.copyOf(golden, 4096 + ChangeRing.MIN_CAPACITY));
        try (SurvivingRing ring = SurvivingRing.read(fixture.ringPath, LogFixture.STORE_ID, fixture.bootIdHash)) {
            assertThat(ring.status()).isEqualTo(Status.VALID);
            assertThat(ring.tail()).isEqualTo(56);
        }
    }
}
