/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.checkpoint.block;

import static org.assertj.core.api.Assertions.assertThat;

import io.quire.checkpoint.io.FaultStoreFiles;
import io.quire.checkpoint.io.FileFault;
import io.quire.store.errors.StateStoreException;
import io.quire.store.memory.PageDescriptor;
import io.quire.store.memory.RawMemory;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.UUID;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * Files so long that another thread writes them: the same bytes as without, and when any call fails, on whatever
 * thread, whoever writes the file is told and nothing is left over.
 */
class LongCheckpointFileFaultTest {
    private static final Path DIRECTORY = Path.of("/store");
    private static final CheckpointFileIdentity IDENTITY = new CheckpointFileIdentity(new UUID(1, 2), 1, 1, 1);
    private static final int BUFFER_LENGTH = 64 * 1024;
    private static final int PAGES = 20 * BUFFER_LENGTH / PageDescriptor.PAGE_LENGTH;
    private static final FileFault[] FAULTS = {
        FileFault.IO_ERROR, FileFault.DISK_FULL, FileFault.SHORT_WRITE, FileFault.TORN_WRITE
    };

    private final long lines = RawMemory.allocate(PageDescriptor.PAGE_LENGTH);
    private final List<Thread> threads = new ArrayList<>();

    @BeforeEach
    void prepare() {
        final Random random = new Random(6);
        for (int i = 0; i < PageDescriptor.PAGE_LENGTH; i += Long.BYTES) {
            RawMemory.putLong(lines + i, random.nextLong());
        }
    }

    @AfterEach
    void noThreadIsLeft() {
        RawMemory.free(lines);
        assertThat(threads).noneMatch(Thread::isAlive);
    }

    private static FaultStoreFiles newFiles() {
        final FaultStoreFiles files = new FaultStoreFiles();
        files.createDirectories(DIRECTORY);
        return files;
    }

    private void startThread(final Thread thread) {
        threads.add(thread);
        thread.start();
    }

    private CheckpointFileInfo write(final FaultStoreFiles files, final Consumer<Thread> starter) {
        final CheckpointFileSettings settings = CheckpointFileSettings.defaults()
                .withBlockLength(PageDescriptor.PAGE_LENGTH)
                .withBufferLength(BUFFER_LENGTH)
                .withForceLength(3 * BUFFER_LENGTH)
                .withBehindStarter(starter);
        try (CheckpointFileWriter writer = CheckpointFileWriter.create(files, DIRECTORY, IDENTITY, settings)) {
            for (int page = 0; page < PAGES; page++) {
                RawMemory.putLong(lines, page);
                writer.append(page, -1L, lines);
            }
            return writer.finish();
        }
    }

    @Test
    void shouldWriteTheSameBytesWithAndWithoutAnotherThread() {
        final FaultStoreFiles alone = newFiles();
        write(alone, null);
        final FaultStoreFiles refused = newFiles();
        write(refused, thread -> {
            throw new OutOfMemoryError("unable to create native thread");
        });
        final FaultStoreFiles files = newFiles();
        final CheckpointFileInfo info = write(files, this::startThread);
        assertThat(threads).hasSize(1);
        final Path path = DIRECTORY.resolve(IDENTITY.fileName());
        assertThat(files.content(path)).isEqualTo(alone.content(path));
        assertThat(refused.content(path)).isEqualTo(alone.content(path));
        files.forceDirectory(DIRECTORY); // its name is the manifest's affair
        final FaultStoreFiles found = files.afterPowerLoss(1);
        try (CheckpointFileReader reader = CheckpointFileReader.open(found, DIRECTORY, info)) {
            reader.verify(problem -> {
                throw new AssertionError(problem.toString());
            });
        }
        assertThat(files.openHandles()).isEmpty();
    }

    @Test
    void shouldNotStartAThreadForAShortFile() {
        final FaultStoreFiles files = newFiles();
        final CheckpointFileSettings settings = CheckpointFileSettings.defaults()
                .withCompression(false)
                .withBehindStarter(thread -> {
                    throw new AssertionError("started " + thread);
                });
        files.failAt(Long.MAX_VALUE - 1, FileFault.IO_ERROR); // none, but calls are noted
        final long length =
                (CheckpointFileWriter.BEHIND_FROM_BUFFERS - 1L) * CheckpointFileSettings.BUFFER_LENGTH_DEFAULT;
        try (CheckpointFileWriter writer = CheckpointFileWriter.create(files, DIRECTORY, IDENTITY, settings)) {
            for (int page = 0; page < length / PageDescriptor.PAGE_LENGTH; page++) {
                writer.append(page, -1L, lines);
            }
            assertThat(writer.finish().length()).isGreaterThan(length);
        }
        assertThat(files.calls()).filteredOn(call -> call.startsWith("FORCE ")).hasSize(1);
    }

    @Test
    void shouldGiveUpAFileWhenAnyCallFails() {
        for (final FileFault fault : FAULTS) {
            int call = 0;
            while (failOneCall(call, fault, false)) {
                call++;
            }
            assertThat(call).isGreaterThan(25);
        }
        int call = 0;
        while (failOneCall(call, FileFault.IO_ERROR, true)) {
            call++;
        }
    }

    /** @return whether there was such a call */
    private boolean failOneCall(final int call, final FileFault fault, final boolean persistent) {
        final FaultStoreFiles files = newFiles();
        if (persistent) {
            files.failFrom(call, fault);
        } else {
            files.failAt(call, fault);
        }
        boolean failed = false;
        try {
            write(files, this::startThread);
        } catch (final StateStoreException e) {
            failed = true;
            assertThat(e.getMessage()).contains("/store");
        }
        final boolean reached = files.callCount() > call;
        final String what = fault + " at call " + call;
        assertThat(failed).as(what).isEqualTo(files.faultHit());
        assertThat(files.openHandles()).as(what).isEmpty();
        assertThat(threads).as(what).noneMatch(Thread::isAlive);
        final List<String> calls = files.calls();
        files.heal();
        if (failed && !persistent && !files.list(DIRECTORY).isEmpty()) {
            assertThat(calls.get(call)).as(what).containsAnyOf("DELETE", "CLOSE");
        }
        return reached;
    }
}
