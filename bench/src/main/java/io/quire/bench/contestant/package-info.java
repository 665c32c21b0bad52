/* SPDX-License-Identifier: Apache-2.0 */
/** One contestant in a JVM of its own, and the line protocol by which it is told what to do next. */
package io.quire.bench.contestant;
