/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.store.errors;

import java.nio.file.AccessDeniedException;
import java.nio.file.AtomicMoveNotSupportedException;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.FileSystemLoopException;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;

/**
 * What the system said, in words for people: exceptions of files often carry nothing but the file's name, and say the
 * rest by their class.
 *
 * <p>Threading: thread-safe, stateless.
 */
public final class SystemReason {
    private SystemReason() {}

    /**
     * Says why something failed.
     *
     * @param cause what was thrown
     * @return words that fit into a parenthesis, without the name of the file
     */
    public static String of(final Throwable cause) {
        if (cause instanceof NoSuchFileException) {
            return "no such file or directory";
        } else if (cause instanceof AccessDeniedException) {
            return "permission denied";
        } else if (cause instanceof FileAlreadyExistsException) {
            return "it exists already";
        } else if (cause instanceof DirectoryNotEmptyException) {
            return "the directory is not empty";
        } else if (cause instanceof NotDirectoryException) {
            return "it is not a directory";
        } else if (cause instanceof FileSystemLoopException) {
            return "links lead in a circle";
        } else if (cause instanceof AtomicMoveNotSupportedException) {
            return "it cannot be renamed in one step";
        } else if (cause instanceof FileSystemException failure && failure.getReason() != null) {
            return failure.getReason();
        }
        final String message = cause.getMessage();
        return message == null || message.isBlank() ? cause.getClass().getSimpleName() : message;
    }
}
