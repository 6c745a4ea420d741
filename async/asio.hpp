// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Trivium authors
#pragma once

#include <boost/asio.hpp>
#include <chrono>
#include <exception>

namespace trivium::async {

namespace asio = boost::asio;

// The concrete executor of an io_context: the default, any_io_executor, costs an indirect call and
// a reference count at every step, and hides nothing that differs here.
using Executor = asio::io_context::executor_type;

/// A coroutine of this program; lazy, starts when it is awaited or spawned.
template <typename T = void>
using Task = asio::awaitable<T, Executor>;

/// A descriptor that can be waited for. What is read and written is up to system calls on it.
using Stream = asio::posix::basic_stream_descriptor<Executor>;

using Socket = asio::basic_stream_socket<asio::ip::tcp, Executor>;
using Listener = asio::basic_socket_acceptor<asio::ip::tcp, Executor>;

using Clock = std::chrono::steady_clock;
using Timer = asio::basic_waitable_timer<Clock, asio::wait_traits<Clock>, Executor>;

/// Awaits an operation without a coroutine frame of its own; yields its error as a value.
inline constexpr auto as_result = asio::as_tuple(asio::deferred);

/// Ends a spawned task: what it threw is thrown on by its loop's `run`.
inline constexpr auto rethrow = [](std::exception_ptr failure) {
  if (failure) std::rethrow_exception(failure);
};

}  // namespace trivium::async
