/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.store.errors;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import java.io.IOException;
import java.nio.channels.ClosedChannelException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SystemReasonTest {
    @Test
    void shouldSayInWordsWhatTheClassMeans(@TempDir final Path temp) throws Exception {
        Files.createFile(temp.resolve("file"));
        assertThat(SystemReason.of(catchThrowable(() -> Files.size(temp.resolve("none")))))
                .isEqualTo("no such file or directory");
        assertThat(SystemReason.of(catchThrowable(() -> Files.createFile(temp.resolve("file")))))
                .isEqualTo("it exists already");
        assertThat(SystemReason.of(catchThrowable(() -> Files.delete(temp)))).isEqualTo("the directory is not empty");
        assertThat(SystemReason.of(catchThrowable(() -> Files.newDirectoryStream(temp.resolve("file")))))
                .isEqualTo("it is not a directory");
        assertThat(SystemReason.of(catchThrowable(() -> Files.size(temp.resolve("file/below")))))
                .isIn("Not a directory", "no such file or directory"); // depends on the JDK
    }

    @Test
    void shouldFallBackToWhatThereIs() {
        assertThat(SystemReason.of(new FileSystemException("a", null, "Read-only file system")))
                .isEqualTo("Read-only file system");
        assertThat(SystemReason.of(new IOException("Input/output error"))).isEqualTo("Input/output error");
        assertThat(SystemReason.of(new ClosedChannelException())).isEqualTo("ClosedChannelException");
    }
}
