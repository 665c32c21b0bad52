/* SPDX-License-Identifier: Apache-2.0 */
/**
 * {@code quire demo}: a child JVM writes, the parent kills it, and what is recovered is compared with a model that
 * shares no code with the store.
 */
package io.quire.cli.demo;
