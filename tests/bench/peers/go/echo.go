// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Trivium authors

// A peer for the comparison: the line-echo protocol as Go's runtime has it, a goroutine for each connection.
// It keeps the protocol, and of the command-line contract the address, the ready line and SIGTERM.
package main

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"os"
	"os/signal"
	"sync"
	"syscall"
	"time"
	"unicode/utf8"
)

const (
	head         = "HTTP/1.0 200 OK\r\nContent-Type: text/plain\r\n\r\n"
	maxLine      = 64 << 10
	readSize     = 4 << 10 // as bufio has it: every connection holds as much while it is silent
	idleTimeout  = 60 * time.Second
	drainTimeout = 5 * time.Second
	lingerTime   = 2 * time.Second
	lingerBytes  = 1 << 20
)

// session turns the bytes that came in into those that go out, whatever pieces they came in.
type session struct {
	partial []byte // of a line whose end has not come
	out     []byte // what is owed
}

// tooLong says whether no next byte can make the partial line legal: one \r more may belong to its end.
func (s *session) tooLong() bool {
	excess := len(s.partial) - maxLine
	return excess > 1 || (excess == 1 && s.partial[maxLine] != '\r')
}

// accept takes a line's content; false ends the exchange: it is empty, too long or not UTF-8.
func (s *session) accept(content []byte) bool {
	if len(content) == 0 || len(content) > maxLine || !utf8.Valid(content) {
		return false
	}
	s.out = append(append(s.out, content...), '\n')
	return true
}

// feed takes what was read; false ends the exchange.
func (s *session) feed(input []byte) bool {
	for {
		end := bytes.IndexByte(input, '\n')
		if end < 0 {
			s.partial = append(s.partial, input...)
			return !s.tooLong()
		}
		line := input[:end]
		if len(s.partial) > 0 {
			s.partial = append(s.partial, line...)
			line = s.partial
		}
		input = input[end+1:]
		if !s.accept(bytes.TrimSuffix(line, []byte{'\r'})) {
			return false
		}
		s.partial = s.partial[:0]
	}
}

// linger sends FIN and waits for the client's, so that no reset overtakes the answer.
func linger(connection *net.TCPConn) {
	if connection.CloseWrite() == nil && connection.SetReadDeadline(time.Now().Add(lingerTime)) == nil {
		io.CopyN(io.Discard, connection, lingerBytes)
	}
}

func serve(connection *net.TCPConn) {
	defer connection.Close()
	if _, err := io.WriteString(connection, head); err != nil {
		return
	}
	var s session
	buffer := make([]byte, readSize)
	for open := true; open; {
		connection.SetDeadline(time.Now().Add(idleTimeout))
		count, err := connection.Read(buffer)
		open = s.feed(buffer[:count])
		if errors.Is(err, io.EOF) {
			if open {
				s.accept(s.partial)
			}
			open = false
		} else if err != nil {
			return
		}
		if len(s.out) > 0 {
			if _, err := connection.Write(s.out); err != nil {
				return
			}
			s.out = s.out[:0]
		}
	}
	linger(connection)
}

// accept serves every connection until the listener is closed.
func accept(listener *net.TCPListener, active *sync.WaitGroup) {
	for {
		connection, err := listener.AcceptTCP()
		switch {
		case errors.Is(err, net.ErrClosed):
			return
		case err != nil: // no descriptors, as a rule: others have to end first
			time.Sleep(10 * time.Millisecond)
		default:
			active.Add(1)
			go func() {
				defer active.Done()
				serve(connection)
			}()
		}
	}
}

func main() {
	listen := flag.String("listen", "127.0.0.1:8080", "where to listen, HOST:PORT")
	flag.Parse()
	address, err := net.ResolveTCPAddr("tcp", *listen)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(2)
	}
	listener, err := net.ListenTCP("tcp", address)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	fmt.Printf("listening on %s\n", listener.Addr())

	stop := make(chan os.Signal, 1)
	signal.Notify(stop, syscall.SIGTERM, os.Interrupt)
	var active sync.WaitGroup
	go func() {
		<-stop
		listener.Close()
	}()
	accept(listener, &active)

	drained := make(chan struct{})
	go func() {
		active.Wait()
		close(drained)
	}()
	select {
	case <-drained:
	case <-time.After(drainTimeout):
	}
}
