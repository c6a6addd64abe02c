"""Says what a process can see of how it was started, and does what processes do."""

import json
import os
import resource
import signal
import subprocess
import sys
import threading


def state():
    status = dict(line.split(":\t") for line in open("/proc/self/status").read().splitlines())
    environment = {name: value for name, value in os.environ.items() if name != "HOSTNAME"}
    return {
        "argv": sys.argv,
        "cwd": os.getcwd(),
        "environment": sorted(environment.items()),
        "signals": {name: status[name] for name in ("SigBlk", "SigIgn", "SigCgt")},
        "capabilities": {name: status[name] for name in ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb")},
        "ids": [os.getresuid(), os.getresgid(), os.getgroups()],
        "umask": status["Umask"],
        "descriptors": sorted(int(name) for name in os.listdir("/proc/self/fd"))[:3],
        "terminal": [os.isatty(number) for number in range(3)],
        "limits": [resource.getrlimit(number) for number in (resource.RLIMIT_NOFILE, resource.RLIMIT_CORE, resource.RLIMIT_NPROC)],
        "flags": list(sys.flags),
    }


def processes():
    os.makedirs("/tmp/zoo", exist_ok=True)
    print("fork", end=" ")
    sys.stdout.flush()
    child = os.fork()
    if child == 0:
        open("/etc/hostname").close()
        os._exit(7)
    print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
    results = []
    threads = [threading.Thread(target=lambda: results.append(os.path.exists("/etc/passwd"))) for _ in range(20)]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]
    print("threads", results.count(True))
    print("subprocess", subprocess.run(["sh", "-c", "yes | head -n 1; exit 3"], stdout=subprocess.PIPE, text=True))
    print("many", sum(subprocess.run(["/bin/true"]).returncode for _ in range(30)))
    killed = subprocess.Popen(["sleep", "60"])
    killed.send_signal(signal.SIGUSR1)
    print("killed", killed.wait())
    print("missing", subprocess.run("no-such-program", shell=True, stderr=subprocess.PIPE).returncode)
    os.chdir("/etc")
    print("relative", len(open("passwd").read()) > 0, os.path.exists("../etc/group"))
    folder = os.open("/usr", os.O_RDONLY)
    print("at", os.stat("lib", dir_fd=folder).st_mode, os.readlink("/proc/self/cwd"))


mode = sys.argv[1]
if mode == "state":
    print(json.dumps(state(), indent=1))
elif mode == "processes":
    processes()
elif mode == "exec":
    os.execvp("sh", ["sh", "-c", "echo $0 then $1; exit 5", "one", "two"])
elif mode == "exit":
    print("to stdout")
    print("to stderr", file=sys.stderr)
    sys.exit(int(sys.argv[2]))
elif mode == "die":
    os.kill(os.getpid(), int(sys.argv[2]))
    signal.pause()
elif mode == "catch":
    signal.signal(signal.SIGTERM, lambda *_: (print("caught", flush=True), sys.exit(9)))
    print("ready", flush=True)
    signal.pause()
elif mode == "ignore":
    import http.server

    http.server.HTTPServer(("127.0.0.1", 8000), http.server.SimpleHTTPRequestHandler).serve_forever()
elif mode == "orphan":
    if os.fork() == 0:
        if os.fork() == 0:
            open("/etc/group").close()
            os._exit(0)
        os._exit(0)
    os.wait()
    print("orphan left")
