/* SPDX-License-Identifier: Apache-2.0 */
/**
 * The {@code quire} command: parsing, exit codes, errors in one line, progress, and what standard output needs. Each
 * command lives in a package of its own.
 */
package io.quire.cli;
