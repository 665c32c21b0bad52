#!/usr/bin/env python3
"""annot.py OUT(PrintAssembly output) PERFSCRIPT(ip per line): annotated disassembly of hottest nmethod."""
import re,sys,subprocess,collections,tempfile
txt=open(sys.argv[1],errors='replace').read()
ips=collections.Counter(int(l.strip(),16) for l in open(sys.argv[2]) if l.strip())
total=sum(ips.values())
# code: lines '  0x00007f...:   48b8 ...' hex groups, possibly with '|'
mem={}
names=[]
cur=None
for l in txt.splitlines():
    m=re.match(r'Compiled method \((c\d|n/a)\)\s+\d+\s+\d+\s+.*?(\S+::\S+)',l)
    if m: cur=m.group(1)+' '+m.group(2)
    m=re.match(r'\s+0x([0-9a-f]+):\s+((?:[0-9a-f]{2,16}[ |]*)+)\s*(;.*)?$',l)
    if m:
        a=int(m.group(1),16)
        h=re.sub(r'[ |]','',m.group(2))
        b=bytes.fromhex(h)
        for i,x in enumerate(b): mem[a+i]=(x,cur)
# regions
addrs=sorted(mem)
regions=[]
s=None
for a in addrs:
    if s is None or a!=p+1:
        if s is not None: regions.append((s,p+1))
        s=a
    p=a
if s is not None: regions.append((s,p+1))
res=[]
for s,e in regions:
    n=sum(c for ip,c in ips.items() if s<=ip<e)
    res.append((n,s,e,mem[s][1]))
res.sort(reverse=True)
print('samples',total,'regions',[(n,hex(s),e-s,c) for n,s,e,c in res[:6]])
for n,s,e,c in res[:int(sys.argv[3]) if len(sys.argv)>3 else 1]:
    f=tempfile.NamedTemporaryFile(delete=False); f.write(bytes(mem[a][0] for a in range(s,e))); f.close()
    d=subprocess.run(['objdump','-D','-b','binary','-m','i386:x86-64','--adjust-vma=%#x'%s,'--no-show-raw-insn',f.name],capture_output=True,text=True).stdout
    print('=====',c,n)
    for l in d.splitlines():
        m=re.match(r'\s*([0-9a-f]+):\s*(.*)',l)
        if m:
            k=ips.get(int(m.group(1),16),0)
            print('%6.2f%% %s %s'%(100*k/max(1,n),m.group(1)[-6:],m.group(2)) if k else '        %s %s'%(m.group(1)[-6:],m.group(2)))
