/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.checkpoint.log;

import java.nio.file.Path;

/**
 * Something wrong in a log file.
 *
 * <p>Threading: thread-safe, immutable.
 *
 * @param path the file
 * @param offset bytes from its start
 * @param message what is wrong, with what was found and expected
 */
public record LogProblem(Path path, long offset, String message) {}
