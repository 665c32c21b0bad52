/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.checkpoint.io;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.quire.store.errors.StoreFullException;
import io.quire.store.errors.StoreIoException;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** Fails each call of a write that is forced at once: the second opening of the file, the seek, the write. */
@EnabledOnOs(OS.LINUX)
class DiskStoreFileFaultTest {
    private static final int LENGTH = 4096;

    @TempDir
    Path directory;

    private Path path;
    private boolean isClosed;

    @BeforeEach
    void setUp() {
        path = directory.resolve("a");
        try (StoreFile file = new DiskStoreFiles().create(path)) {
            file.preallocate(LENGTH);
        }
    }

    private DiskStoreFile open(final DiskStoreFile.ForcedOpener opener) throws IOException {
        final FileChannel channel = FileChannel.open(path, StandardOpenOption.READ, StandardOpenOption.WRITE);
        return new DiskStoreFile(path, channel, DiskStoreFiles.regularFileKey(path), LENGTH, opener);
    }

    private static ByteBuffer bytes() {
        return ByteBuffer.wrap(new byte[] {1, 2, 3, 4});
    }

    private static byte[] content(final StoreFile file) {
        final ByteBuffer target = ByteBuffer.allocate(4);
        file.read(0, target);
        return target.array();
    }

    /** As when the process may have no more of them. */
    @Test
    void shouldDoNothingWhenThereIsNoSecondDescriptor() throws IOException {
        final int[] refusals = {1};
        try (DiskStoreFile file = open(name -> {
            if (refusals[0]-- > 0) {
                throw new FileNotFoundException(name + " (Too many open files)");
            }
            return new RandomAccessFile(name.toString(), "rwd");
        })) {
            final ByteBuffer source = bytes();
            assertThat(file.writeForced(0, source)).isFalse();
            assertThat(source.remaining()).isEqualTo(4);
            assertThat(content(file)).containsOnly(0);

            assertThat(file.writeForced(0, source)).isTrue();
            assertThat(source.remaining()).isZero();
            assertThat(content(file)).containsExactly(1, 2, 3, 4);
        }
    }

    @Test
    void shouldSayWhatKeepsTheSecondDescriptorFromBeingOpenedOtherwise() throws IOException {
        try (DiskStoreFile file = open(name -> {
            throw new IOException("Input/output error");
        })) {
            assertThatThrownBy(() -> file.writeForced(0, bytes()))
                    .isInstanceOf(StoreIoException.class)
                    .hasMessageContaining("write and force at offset 0 of " + path)
                    .hasMessageContaining("Input/output error");
        }
    }

    private final class FailingFile extends RandomAccessFile {
        private final String seekProblem;
        private final String writeProblem;

        FailingFile(final Path path, final String seekProblem, final String writeProblem) throws IOException {
            super(path.toString(), "rwd");
            this.seekProblem = seekProblem;
            this.writeProblem = writeProblem;
        }

        @Override
        public void seek(final long position) throws IOException {
            if (seekProblem != null) {
                throw new IOException(seekProblem);
            }
            super.seek(position);
        }

        @Override
        public void write(final byte[] bytes, final int offset, final int length) throws IOException {
            super.write(bytes, offset, length / 2);
            throw new IOException(writeProblem);
        }

        @Override
        public void close() throws IOException {
            isClosed = true;
            super.close();
        }
    }

    @Test
    void shouldThrowWhenTheSystemRefusesOrWritesAPartOnly() throws IOException {
        try (DiskStoreFile file = open(name -> new FailingFile(name, "Invalid argument", null))) {
            assertThatThrownBy(() -> file.writeForced(0, bytes()))
                    .isInstanceOf(StoreIoException.class)
                    .hasMessageContaining("Invalid argument");
            assertThat(content(file)).containsOnly(0);
        }
        assertThat(isClosed).isTrue();
        isClosed = false;
        try (DiskStoreFile file = open(name -> new FailingFile(name, null, "Input/output error"))) {
            assertThatThrownBy(() -> file.writeForced(0, bytes()))
                    .isInstanceOf(StoreIoException.class)
                    .hasMessageContaining("write and force at offset 0 of " + path)
                    .hasMessageContaining("Input/output error");
            assertThat(content(file)).containsExactly(1, 2, 0, 0);
        }
        assertThat(isClosed).isTrue();
        try (DiskStoreFile file = open(name -> new FailingFile(name, null, "No space left on device"))) {
            assertThatThrownBy(() -> file.writeForced(0, bytes())).isInstanceOf(StoreFullException.class);
        }
    }
}
