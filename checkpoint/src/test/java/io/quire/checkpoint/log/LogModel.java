/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.checkpoint.log;

import static org.assertj.core.api.Assertions.assertThat;

import io.quire.store.Durability;
import io.quire.store.errors.StateStoreException;
import io.quire.store.memory.RawMemory;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;

/**
 * One random life of a log: groups of changes are written, checkpoints taken, segments deleted; the process is killed
 * (between calls or in the middle of one, during recovery too), calls fail, the power fails. After each recovery the
 * log must hold a prefix of the groups, at least up to the position that was acknowledged.
 */
final class LogModel implements AutoCloseable {
    enum Mode {
        KILL("shouldLoseNothingPublishedWhenKilled"),
        POWER_LOSS("shouldLoseNothingForcedWhenThePowerFails"),
        FAILURES("shouldLoseNothingAcknowledgedWhenCallsFail");

        private final String testName;

        Mode(final String testName) {
            this.testName = testName;
        }

        String testName() {
            return testName;
        }
    }

    private record Group(long endPosition, List<Change> changes) {}

    private static final int LIVES = 8;
    private static final int OPERATIONS = 120;

    private final Random random;
    private final Mode mode;
    private final SimulatedFiles files;
    private final LogFixture fixture;
    private final List<Group> groups = new ArrayList<>(); // since the checkpoint
    private final StringBuilder history = new StringBuilder();
    private int syncPercent; // of the calls for durability that are really made, in this life
    private boolean isStepping; // nothing is being written, so something may be
    private long key;
    private long publishedPosition; // everything before it survives a kill
    private long durablePosition; // everything before it survives a power loss

    LogModel(final Path root, final long seed, final Mode mode) {
        random = new Random(seed);
        this.mode = mode;
        files = new SimulatedFiles(seed);
        fixture = new LogFixture(root);
        fixture.files = files;
        files.meanwhile(this::writeMeanwhile);
    }

    static List<Durability> durabilities() {
        return List.of(Durability.PROCESS, Durability.GROUP, Durability.SYNC);
    }

    String history() {
        return history.toString();
    }

    private void note(final String event) {
        history.append(event)
                .append(" published=")
                .append(publishedPosition)
                .append(" durable=")
                .append(durablePosition)
                .append(" checkpoint=")
                .append(fixture.checkpointPosition)
                .append(" segments=")
                .append(files.names())
                .append('\n');
    }

    void run() {
        for (int life = 0; life < LIVES; life++) {
            fixture.settings = randomSettings();
            fixture.ringCapacity = 65536 << random.nextInt(2);
            syncPercent = random.nextBoolean() ? 100 : random.nextInt(20);
            open();
            note("opened " + fixture.settings.durability() + " " + fixture.report.ring());
            checkReplay();
            liveAndDie();
        }
        files.failNothing();
        open();
        checkReplay();
        fixture.shutDown();
        assertThat(files.openCount()).as("open files").isZero();
    }

    private LogSettings randomSettings() {
        return new LogSettings(
                durabilities().get(random.nextInt(3)),
                LogSettings.MIN_SEGMENT_LENGTH << random.nextInt(3),
                random.nextInt(3) == 0 ? 0 : 4096 << random.nextInt(4),
                128 * 1024,
                random.nextBoolean() ? 0 : 4096,
                0,
                random.nextBoolean() ? 0 : 8192,
                random.nextBoolean());
    }

    private void open() {
        while (true) {
            if (random.nextInt(3) == 0) {
                files.failCall(
                        random.nextInt(60),
                        mode == Mode.FAILURES ? SimulatedFiles.Fault.IO_ERROR : SimulatedFiles.Fault.KILL,
                        random.nextBoolean());
            }
            try {
                fixture.open();
                files.failNothing();
                return;
            } catch (final SimulatedFiles.Killed e) {
                afterDeath();
            } catch (final StateStoreException e) {
                if (!files.hasFailed()) {
                    throw e;
                }
                note("open failed: " + e.getMessage());
                files.failNothing();
            }
        }
    }

    private void afterDeath() {
        fixture.kill();
        files.forgetOpenFiles();
        files.failNothing();
        if (mode == Mode.POWER_LOSS && random.nextBoolean()) {
            fixture.bootIdHash++;
            files.losePower();
            publishedPosition = durablePosition;
            note("power lost");
        } else {
            note("killed");
        }
    }

    private void liveAndDie() {
        if (random.nextInt(4) != 0) {
            files.failCall(random.nextInt(150), fault(), random.nextBoolean());
        }
        try {
            for (int i = random.nextInt(OPERATIONS); i > 0; i--) {
                operate();
            }
            files.failNothing();
            if (random.nextInt(4) == 0) {
                fixture.shutDown();
                publishedPosition = fixture.log.position();
                durablePosition = publishedPosition;
                note("shut down");
                return;
            }
        } catch (final SimulatedFiles.Killed e) {
            note("killed in a call");
        } catch (final StateStoreException e) {
            assertThat(files.hasFailed()).as(e.toString()).isTrue();
            note("failed: " + e.getMessage());
        }
        afterDeath();
    }

    private SimulatedFiles.Fault fault() {
        if (mode != Mode.FAILURES) {
            return SimulatedFiles.Fault.KILL;
        }
        return random.nextBoolean() ? SimulatedFiles.Fault.IO_ERROR : SimulatedFiles.Fault.DISK_FULL;
    }

    private void operate() {
        switch (random.nextInt(10)) {
            case 0, 1, 2, 3 -> writeGroup(1, false);
            case 4 -> writeGroup(random.nextInt(20), false);
            case 5 -> writeGroup(1 + random.nextInt(20), true);
            case 6 -> writeGroup(random.nextInt(10) == 0 ? 4000 : 30, random.nextInt(5) == 0);
            case 7 -> step();
            default -> {
                if (random.nextInt(100) >= syncPercent) {
                    step();
                } else if (random.nextInt(3) == 0) {
                    sync();
                } else {
                    checkpoint();
                }
            }
        }
    }

    private void step() {
        isStepping = true;
        fixture.agent.doWork();
        isStepping = false;
        rethrow();
        durablePosition = Math.max(durablePosition, fixture.agent.durablePosition());
    }

    /** A killed agent does not know that it is dead. */
    private void rethrow() {
        final Throwable cause = fixture.failStop.cause();
        if (cause instanceof SimulatedFiles.Killed killed) {
            throw killed;
        }
        fixture.failStop.check();
    }

    /** As a writer whose every write is forced, or as anybody else. */
    private void sync() {
        if (random.nextBoolean() && fixture.agent.forceHere()) {
            durablePosition = fixture.agent.durablePosition();
            assertThat(durablePosition).isEqualTo(fixture.log.position());
            return;
        }
        rethrow();
        final var future = fixture.agent.durableFuture(fixture.log.position());
        fixture.agent.doWork();
        rethrow();
        assertThat(future).isCompleted();
        durablePosition = fixture.agent.durablePosition();
        assertThat(durablePosition).isEqualTo(fixture.log.position());
    }

    /**
     * A writer that forces a change while zeros are written ahead, or leaves it to the agent if that is at work.
     * Threads take turns here, so it is the same with each run of a seed.
     */
    private void writeMeanwhile() {
        if (!isStepping || random.nextInt(2) == 0) {
            return;
        }
        final long before = fixture.log.position();
        if (before - fixture.ring.headAcquire() < fixture.ringCapacity / 4) { // else it waits for the agent, this one
            final long newKey = key++;
            fixture.log.putLong(2, newKey, ~newKey);
            publishedPosition = fixture.log.position();
            groups.add(new Group(publishedPosition, List.of(Change.putLong(2, newKey, ~newKey))));
            if (CompletableFuture.supplyAsync(fixture.agent::forceHere).join()) {
                durablePosition = fixture.agent.durablePosition();
                assertThat(durablePosition).isEqualTo(publishedPosition);
            }
        }
    }

    private void checkpoint() {
        final long position = fixture.log.position();
        sync();
        fixture.checkpointPosition = position;
        groups.removeIf(group -> group.endPosition() <= position);
        if (random.nextBoolean()) {
            new LogRetention(files, fixture.directory, LogFixture.STORE_ID).deleteBefore(position);
        }
    }

    private void writeGroup(final int count, final boolean isAborted) {
        final List<Change> changes = new ArrayList<>();
        final boolean isGroup = isAborted || count != 1 || random.nextBoolean();
        final long before = fixture.log.position();
        try {
            if (isGroup) {
                fixture.log.beginGroup();
            }
            for (int i = 0; i < count; i++) {
                changes.add(write());
            }
            if (isAborted) {
                fixture.log.abortGroup();
                rethrow();
                return;
            } else if (isGroup) {
                fixture.log.commitGroup();
            }
        } finally {
            // What a call has published before it failed may be there; only what returned must.
            if (!isAborted && fixture.log.position() > before && !changes.isEmpty()) {
                groups.add(new Group(fixture.log.position(), changes));
            }
        }
        rethrow();
        publishedPosition = fixture.log.position();
    }

    private Change write() {
        final long newKey = key++;
        switch (random.nextInt(12)) {
            case 0 -> {
                fixture.log.removeLong(3, newKey);
                return new Change((byte) 2, 3, Change.longBytes(newKey), new byte[0]);
            }
            case 1, 2, 3 -> {
                final byte[] value = new byte[random.nextInt(random.nextInt(30) == 0 ? 200_000 : 300)];
                random.nextBytes(value);
                final byte[] name = new byte[random.nextInt(40)];
                fixture.log.put(
                        4, name, RawMemory.ARRAY_OFFSET, name.length, value, RawMemory.ARRAY_OFFSET, value.length);
                return new Change((byte) 1, 4, name, value);
            }
            default -> {
                fixture.log.putLong(2, newKey, ~newKey);
                return Change.putLong(2, newKey, ~newKey);
            }
        }
    }

    private void checkReplay() {
        final List<Change> expected = new ArrayList<>();
        final List<Change> found = fixture.replayed;
        int keptGroups = 0;
        for (final Group group : groups) {
            if (expected.size() + group.changes().size() > found.size()) {
                break;
            }
            expected.addAll(group.changes());
            keptGroups++;
        }
        assertThat(found).as("a prefix of the groups written").isEqualTo(expected);
        final long mustReach = mode == Mode.POWER_LOSS ? durablePosition : publishedPosition;
        for (final Group lost : groups.subList(keptGroups, groups.size())) {
            assertThat(lost.endPosition()).as("end of a lost group").isGreaterThan(mustReach);
        }
        groups.subList(keptGroups, groups.size()).clear();
        publishedPosition = fixture.log.position();
        durablePosition = Math.min(durablePosition, publishedPosition);
        if (fixture.settings.isForced()) {
            durablePosition = fixture.agent.durablePosition();
            assertThat(durablePosition).isEqualTo(publishedPosition);
        }
    }

    @Override
    public void close() {
        files.failNothing();
        fixture.kill();
    }
}
