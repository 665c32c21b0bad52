/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;

import io.quire.store.LongLongState;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import jdk.jfr.Recording;
import jdk.jfr.consumer.RecordedEvent;
import jdk.jfr.consumer.RecordingFile;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FlightEventsTest {
    private static final int CHECKPOINT_COUNT = 12;

    @TempDir
    Path directory;

    @Test
    void recordsCheckpointsAndMerges() throws Exception {
        final List<CheckpointInfo> infos = new ArrayList<>();
        final long mergeCount;
        final Path file = directory.resolve("quire.jfr");
        try (Recording recording = new Recording()) {
            recording.enable("io.quire.Checkpoint").withThreshold(java.time.Duration.ZERO);
            recording.enable("io.quire.Merge").withThreshold(java.time.Duration.ZERO);
            recording.start();
            try (DurableStateStore store = DurableStateStore.open(new DurableStoreContext()
                    .directory(directory.resolve("store"))
                    .chainLengthMax(2)
                    .checkpointIntervalNs(0))) {
                final LongLongState state = store.longLongState("counts");
                for (int i = 0; i < CHECKPOINT_COUNT; i++) {
                    for (int key = 0; key < 1000; key++) {
                        state.put(key, i);
                    }
                    infos.add(store.checkpoint().join());
                }
                while (store.status().checkpoints().merges() == 0) {
                    Thread.sleep(5);
                }
                mergeCount = store.status().checkpoints().merges();
            }
            recording.stop();
            recording.dump(file);
        }
        final List<RecordedEvent> events = RecordingFile.readAllEvents(file);
        final List<RecordedEvent> checkpoints = events.stream()
                .filter(event -> event.getEventType().getName().equals("io.quire.Checkpoint"))
                .toList();
        for (final CheckpointInfo info : infos) {
            assertThat(checkpoints).anySatisfy(event -> {
                assertThat(event.getLong("checkpointId")).isEqualTo(info.checkpointId());
                assertThat(event.getBoolean("completed")).isTrue();
                assertThat(event.getLong("fileBytes")).isEqualTo(info.bytesWritten());
                assertThat(event.getDuration("captureTime").toNanos()).isEqualTo(info.captureNs());
            });
        }
        assertThat(events)
                .filteredOn(event -> event.getEventType().getName().equals("io.quire.Merge"))
                .hasSizeGreaterThanOrEqualTo((int) mergeCount);
    }
}
